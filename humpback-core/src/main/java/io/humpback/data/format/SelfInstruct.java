package io.humpback.data.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.Example;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.internal.JsonFields;
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
        return row.path("instruction").isTextual() && Turns.are(row, "instances", "output");
    }

    @Override
    public Stream<Example> examples(Stream<Row> rows, ExampleFunnel funnel, Rejects rejects) {
        return new Assembly(rows, funnel, rejects) {
            @Override
            void take(Row row) {
                JsonNode instance = row.fields().path("instances").path(0);
                String instruction = JsonFields.text(row.fields(), "instruction");
                give(new Example(
                        Alpaca.withInput(instruction, JsonFields.textOrEmpty(instance, "input")),
                        JsonFields.text(instance, "output")));
            }
        }.stream();
    }
}
