package io.humpback.data.format;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.Example;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines.Row;
import java.util.stream.Stream;

/** How examples lie in rows. */
public interface Format {

    /**
     * An example and the row that it was taken from.
     *
     * @param example what was asked and answered
     * @param row with {@code instruction} and {@code response} in place of the fields that the example was made of, and
     *     all others
     */
    record Taken(Example example, Row row) {}

    /** {@return the name that people choose it by, such as {@code "alpaca"}} */
    String key();

    /** {@return whether a row has the fields of this format} */
    boolean matches(ObjectNode row);

    /**
     * The examples of some rows with what else the rows say, lazily and in order. Text is taken as it is.
     *
     * @param rows closed with the stream that is returned
     * @param funnel counts every row once
     * @param rejects gets the rows that are not of this format
     */
    Stream<Taken> take(Stream<Row> rows, ExampleFunnel funnel, Rejects rejects);

    /** The examples alone, see {@link #take}. */
    default Stream<Example> examples(Stream<Row> rows, ExampleFunnel funnel, Rejects rejects) {
        return take(rows, funnel, rejects).map(Taken::example);
    }
}
