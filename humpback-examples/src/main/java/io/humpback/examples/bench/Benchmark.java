package io.humpback.examples.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.Closeable;
import java.io.IOException;

/** Something that can be measured of a model. A new one is one class and its line in {@link Benchmarks}. */
public interface Benchmark {

    /** {@return the name on the command line and in JSON, such as {@code prefill_512}} */
    String key();

    /** {@return what is counted a second} */
    String unit();

    /** {@return the option of the command that it needs, such as {@code --pairs}; empty where it needs none} */
    default String needs() {
        return "";
    }

    /** {@return whether it is measured where no key is named} */
    default boolean isDefault() {
        return true;
    }

    /** {@return what the model is computed in, as JSON names it} */
    default String precision(Subject subject) {
        return subject.options().precision().key();
    }

    /**
     * {@return what is measured, ready to run; the caller closes it}
     *
     * @throws IOException if the model cannot be read
     */
    Probe open(Subject subject, Workload workload, int runs) throws IOException;

    /** {@return runs that come before those that count, at least 1} */
    default int warmUp() {
        return 1;
    }

    /** Runs one thing again and again. */
    interface Probe extends Closeable {

        /** {@return one run} */
        Sample run(ObjectNode notes) throws IOException;

        @Override
        default void close() throws IOException {}
    }
}
