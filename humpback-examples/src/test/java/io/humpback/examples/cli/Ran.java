package io.humpback.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.humpback.ReferenceData;
import io.humpback.examples.cli.io.Models;
import io.humpback.examples.cli.io.OnnxModels;
import io.humpback.examples.cli.terminal.Terminal;
import io.humpback.testing.FakeLanguageModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

/** A command that was run in this JVM, with all that it left on its streams. */
public record Ran(int status, String out, String err) {

    public static final ObjectMapper JSON = new ObjectMapper();

    /** A command that has no use for a model. */
    public static Ran command(Object... args) {
        return with(
                (path, options) -> {
                    throw new AssertionError("no model was expected to be loaded");
                },
                args);
    }

    /** A command whose {@code --model} is a scripted one, made when it is loaded. */
    public static Ran scripted(Supplier<FakeLanguageModel> model, Object... args) {
        return with((path, options) -> model.get(), args);
    }

    /** A command with the real runtime. */
    public static Ran onnx(Object... args) {
        return with(new OnnxModels(), args);
    }

    public static Ran with(Models models, Object... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        Terminal terminal = new Terminal(new PrintWriter(out), new PrintWriter(err), false);
        String[] words = List.of(args).stream().map(Object::toString).toArray(String[]::new);
        int status = Cli.execute(models, terminal, words);
        return new Ran(status, out.toString(), err.toString());
    }

    /** This, which is expected to have done its work and to have nothing to say about it. */
    public Ran done() {
        assertEquals(0, status, err);
        assertEquals("", err);
        return this;
    }

    /** What {@code --json} printed: one line, and nothing else on the stream. */
    public JsonNode summary() {
        assertEquals(1, out.lines().count(), out);
        return read(out);
    }

    public static JsonNode read(String json) {
        try {
            return JSON.readTree(json);
        } catch (IOException e) {
            throw new UncheckedIOException(json, e);
        }
    }

    public static List<JsonNode> rows(Path file) throws IOException {
        return Files.readAllLines(file).stream().map(Ran::read).toList();
    }

    public static Path write(Path file, String... lines) throws IOException {
        return Files.writeString(file, String.join("\n", lines) + "\n");
    }

    /** Reference data; a test that needs some is skipped where it is absent. */
    public static Path shared(String name) {
        return ReferenceData.file(name);
    }
}
