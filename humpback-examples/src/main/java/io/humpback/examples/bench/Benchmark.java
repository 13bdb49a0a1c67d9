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

    /**
     * {@return what the model is computed in, as JSON names it}
     *
     * @param subject the model and how it is run
     */
    default String precision(Subject subject) {
        return subject.options().precision().key();
    }

    /**
     * {@return what is measured, ready to run; the caller closes it}
     *
     * @param subject the model and how it is run
     * @param workload what it works on
     * @param runs how often it will be run, warm-up included
     * @throws IOException if the model cannot be read
     */
    Probe open(Subject subject, Workload workload, int runs) throws IOException;

    /** {@return runs that come before those that count, at least 1} */
    default int warmUp() {
        return 1;
    }

    /** Runs one thing again and again. */
    interface Probe extends Closeable {

        /**
         * {@return one run}
         *
         * @param notes takes what else is known of it
         */
        Sample run(ObjectNode notes) throws IOException;

        @Override
        default void close() throws IOException {}
    }
}
