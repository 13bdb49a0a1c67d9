package io.humpback.examples.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.examples.cli.Ran;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExportCommandTest {

    @TempDir
    private Path folder;

    @Test
    void whatIsExportedGivesTheSameLikelihoods() throws IOException {
        Path model = Ran.shared("data/golden/tiny-llama3");
        Path exported = folder.resolve("exported");
        JsonNode summary = Ran.onnx("export", "--model", model, "--out", exported, "--precision", "bf16", "--json")
                .done()
                .summary();
        assertTrue(summary.get("bytes").longValue() > 1_000_000, summary::toString);
        Path in = Ran.write(
                folder.resolve("in.jsonl"), "{\"prompt_ids\": [507, 10, 327], \"completion_ids\": [98, 251, 178]}");
        Path out = folder.resolve("out.jsonl");
        Ran.onnx("likelihood", "--model", exported, "--in", in, "--out", out).done();
        double ofExport = Ran.rows(out).get(0).get("log_likelihood").doubleValue();
        Ran.onnx("likelihood", "--model", model, "--in", in, "--out", out).done();
        assertEquals(Ran.rows(out).get(0).get("log_likelihood").doubleValue(), ofExport, 1e-4);
    }

    @Test
    void aFolderThatIsThereIsNotWrittenInto() throws IOException {
        Ran ran = Ran.onnx("export", "--model", folder, "--out", folder);
        assertEquals(1, ran.status());
        assertTrue(ran.err().contains("exists already"), ran.err());
    }

    @Test
    void afterAFailureThereIsNoFolder() throws IOException {
        Path model = Files.writeString(folder.resolve("model.gguf"), "no model");
        Ran ran = Ran.onnx("export", "--model", model, "--out", folder.resolve("exported"));
        assertEquals(1, ran.status());
        assertEquals(1, folder.toFile().list().length);
    }
}
