package io.humpback.examples.cli.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.examples.cli.Ran;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StandardStreamsTest {

    private final InputStream in = System.in;
    private final PrintStream out = System.out;
    private final PrintStream err = System.err;
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final ByteArrayOutputStream told = new ByteArrayOutputStream();

    @TempDir
    private Path folder;

    private Ran piped(String input, Object... args) {
        System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
        System.setOut(new PrintStream(written, true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(told, true, StandardCharsets.UTF_8));
        return args[0].equals("train") ? Ran.onnx(args) : Ran.command(args);
    }

    @AfterEach
    void restore() throws IOException {
        System.setIn(in);
        System.setOut(out);
        System.setErr(err);
        assertFalse(Files.exists(Path.of("-")));
    }

    @Test
    void rowsAreConvertedFromInputToOutputAndAllElseIsTold() {
        Ran ran = piped(
                "{\"instruction\": \"Add.\", \"input\": \"1+1\", \"output\": \"2\"}\n{\"instruction\": \"\"}\n",
                "convert",
                "--in",
                "-",
                "--out",
                "-",
                "--json");
        assertEquals(0, ran.status(), ran.err());
        assertEquals("", ran.out());
        assertEquals("{\"instruction\":\"Add.\\n\\n1+1\",\"response\":\"2\"}\n", written.toString());
        assertEquals("-", Ran.read(ran.err()).get("out").textValue());
        assertEquals("standard error", Ran.read(ran.err()).get("rejects").textValue());
        assertEquals(2, Ran.read(told.toString()).get("line").intValue());
    }

    @Test
    void segmentsGoToOutput() throws IOException {
        Path page = Files.writeString(
                folder.resolve("page.html"), "<h2>Kettles</h2><p>" + "A kettle boils water. ".repeat(40) + "</p>");
        Ran ran = piped("", "segment", "--in", page, "--out", "-");
        assertEquals(0, ran.status(), ran.err());
        assertEquals("Kettles", Ran.read(written.toString()).get("header").textValue());
        assertTrue(ran.err().contains("pages            1"), ran.err());
    }

    @Test
    void scoresOfInputAreComparedWithLabelsOfAFile() throws IOException {
        Path labels = Ran.write(folder.resolve("labels.csv"), "id,label", "a,1", "b,0", "c,1");
        JsonNode summary = piped(
                        "{\"id\": \"a\", \"score\": 4}\n{\"id\": \"b\", \"score\": 2}\n{\"id\": \"c\", \"score\": 5}\n",
                        "evaluate",
                        "--scores",
                        "-",
                        "--labels",
                        labels,
                        "--json")
                .done()
                .summary();
        assertEquals(3, summary.get("rows").intValue());
        assertEquals(1, summary.get("roc_auc").get("value").doubleValue());
    }

    @Test
    void rowsOfInputAreLearnt() {
        JsonNode summary = piped(
                        "{\"instruction\": \"Say hello.\", \"response\": \"Hello there!\"}\n",
                        "train",
                        "--model",
                        Ran.shared("data/golden/tiny-llama3"),
                        "--data",
                        "-",
                        "--out",
                        folder.resolve("adapter"),
                        "--direction",
                        "forward",
                        "--rank",
                        2,
                        "--steps",
                        1,
                        "--threads",
                        2,
                        "--json")
                .done()
                .summary();
        assertEquals(1, summary.get("examples").intValue());
    }
}
