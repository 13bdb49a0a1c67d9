package io.humpback.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.JsonLines.Row;
import java.util.stream.Stream;

/** Self-Instruct's seed tasks: an {@code instruction} with {@code instances}, of which the first is taken. */
public final class SelfInstruct implements Format {

    private SelfInstruct() {}

    /** {@return the format} */
    public static SelfInstruct format() {
        return new SelfInstruct();
    }

    @Override
    public String key() {
        return "self-instruct";
    }

    @Override
    public boolean matches(ObjectNode row) {
        return Texts.isText(row, "instruction") && Texts.isTurns(row, "instances", "output");
    }

    @Override
    public Stream<Example> examples(Stream<Row> rows, ExampleFunnel funnel, Rejects rejects) {
        return new Assembly(rows, funnel, rejects) {
            @Override
            void take(Row row) {
                JsonNode instance = row.fields().path("instances").path(0);
                String instruction = Texts.of(row.fields(), "instruction");
                give(new Example(
                        Alpaca.withInput(instruction, Texts.orEmpty(instance, "input")), Texts.of(instance, "output")));
            }
        }.stream();
    }
}
