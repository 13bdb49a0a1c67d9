package io.humpback.data.format;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.Example;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines.Row;
import java.util.List;
import java.util.stream.Stream;

/** A format in which one row is one example, read and written. */
public interface PairFormat extends Format {

    /**
     * {@return the example of a row, of a conversation its first turn; an {@link IllegalArgumentException} names a
     * wrong field, what was found and what was expected}
     */
    Example example(ObjectNode row);

    /** {@return the names of the fields of a row that {@link #example} makes it of} */
    List<String> fields(ObjectNode row);

    /** {@return a row with {@code instruction} and {@code response} in place of the fields of its example} */
    default ObjectNode pair(ObjectNode row) {
        return Assembly.pair(example(row), row, fields(row));
    }

    /** {@return a row that {@link #example} reads back, to which more fields may be added} */
    ObjectNode row(Example example);

    @Override
    default Stream<Taken> take(Stream<Row> rows, ExampleFunnel funnel, Rejects rejects) {
        return new Assembly(rows, funnel, rejects) {
            @Override
            void take(Row row) {
                give(example(row.fields()), row, fields(row.fields()));
            }
        }.stream();
    }
}
