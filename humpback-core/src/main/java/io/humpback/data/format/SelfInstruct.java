package io.humpback.data.format;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines.Row;
import java.util.List;
import java.util.stream.Stream;

/** Self-Instruct's seed tasks: an {@code instruction} with {@code instances}, of which the first is taken. */
final class SelfInstruct implements Format {

    private SelfInstruct() {}

    /** {@return the format} */
    static SelfInstruct format() {
        return new SelfInstruct();
    }

    @Override
    public String key() {
        return "self-instruct";
    }

    @Override
    public boolean matches(ObjectNode row) {
        return row.path("instruction").isTextual()
                && row.path("instances").path(0).has("output");
    }

    @Override
    public Stream<Taken> take(Stream<Row> rows, ExampleFunnel funnel, Rejects rejects) {
        return new Assembly(rows, funnel, rejects) {
            @Override
            void take(Row row) {
                ObjectNode fields = row.fields();
                ObjectNode task = fields.path("instances").path(0) instanceof ObjectNode instance
                        ? instance.deepCopy()
                        : fields.objectNode();
                task.set("instruction", fields.get("instruction"));
                give(Context.example(task, "instruction", "output"), row, List.of("instruction", "instances"));
            }
        }.stream();
    }
}
