package io.humpback.data.format;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.Example;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines.Row;
import java.util.stream.Stream;

/** How examples lie in rows. */
public interface Format {

    /** {@return the name that people choose it by, such as {@code "alpaca"}} */
    String key();

    /** {@return whether a row has the fields of this format} */
    boolean matches(ObjectNode row);

    /**
     * The examples of some rows, lazily and in order. Text is taken as it is.
     *
     * @param rows closed with the stream that is returned
     * @param funnel counts every row once
     * @param rejects gets the rows that are not of this format
     */
    Stream<Example> examples(Stream<Row> rows, ExampleFunnel funnel, Rejects rejects);
}
