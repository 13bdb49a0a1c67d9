package io.humpback.data.format;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.Example;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.data.format.Format.Taken;
import io.humpback.internal.LookAhead;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Makes examples of rows, and counts what became of each row. */
abstract class Assembly extends LookAhead<Taken> {

    private final Stream<Row> source;
    private final Iterator<Row> rows;
    private final ExampleFunnel funnel;
    private final Rejects rejects;
    private @Nullable Taken ready;
    private boolean ended;

    Assembly(Stream<Row> rows, ExampleFunnel funnel, Rejects rejects) {
        this.source = rows;
        this.rows = rows.iterator();
        this.funnel = Objects.requireNonNull(funnel, "funnel");
        this.rejects = Objects.requireNonNull(rejects, "rejects");
    }

    /** Takes one row, which completes at most one example; {@link IllegalArgumentException} if it is malformed. */
    abstract void take(Row row);

    /** There are no more rows; at most one example becomes complete. */
    void end() {}

    /** Gives an example that was made of some fields of a row. */
    final void give(Example example, Row row, List<String> made) {
        ready = new Taken(example, new Row(row.source(), row.line(), pair(example, row.fields(), made)));
        funnel.countExample();
    }

    /** {@return a row with an example in place of the fields that it was made of} */
    static ObjectNode pair(Example example, ObjectNode row, List<String> made) {
        ObjectNode fields = JsonLines.row();
        row.properties().forEach(field -> {
            String name = field.getKey();
            if (!made.contains(name)) {
                boolean taken = name.equals("instruction") || name.equals("response");
                fields.set(taken ? name + "_" : name, field.getValue());
            } else if (!fields.has("instruction")) {
                fields.put("instruction", example.instruction()).put("response", example.response());
            }
        });
        return fields;
    }

    final void passOver(ExampleFunnel.Reason reason) {
        funnel.countPassedOver(reason);
    }

    final void reject(Row row, String reason) {
        funnel.countRejected();
        rejects.accept(row.rejection(reason));
    }

    final Stream<Taken> stream() {
        return stream(source::close);
    }

    @Override
    protected final @Nullable Taken advance() {
        ready = null;
        while (ready == null && !ended) {
            if (rows.hasNext()) {
                Row row = rows.next();
                funnel.countRow();
                String fault = null;
                try {
                    take(row);
                } catch (IllegalArgumentException e) {
                    fault = String.valueOf(e.getMessage());
                }
                if (fault != null) {
                    reject(row, fault);
                }
            } else {
                ended = true;
                end();
            }
        }
        return ready;
    }
}
