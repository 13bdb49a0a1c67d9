package io.humpback.examples.cli.command.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.Rubric;
import io.humpback.examples.cli.Ran;
import io.humpback.examples.nano.Nano;
import io.humpback.onnx.LoadOptions;
import io.humpback.onnx.OnnxExport;
import io.humpback.onnx.OnnxModel;
import io.humpback.onnx.Precision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizeCommandTest {

    @TempDir
    Path temp;

    private List<JsonNode> tokenized(Object model, String... more) throws IOException {
        Path out = temp.resolve("out.jsonl");
        Object[] args = new Object[] {"tokenize", "--model", model, "--in", temp.resolve("in.jsonl"), "--out", out};
        Object[] all = Arrays.copyOf(args, args.length + more.length);
        System.arraycopy(more, 0, all, args.length, more.length);
        Ran ran = Ran.command(all);
        assertEquals(0, ran.status(), ran.err());
        return Ran.rows(out);
    }

    @Test
    void aPairIsSeenAsTheJudgeAsksAboutIt() throws IOException {
        Ran.write(
                temp.resolve("in.jsonl"),
                "{\"id\": 7, \"instruction\": \"Who bakes in Tal?\", \"response\": \"Mara.\"}");
        JsonNode row = tokenized("nano").get(0);
        assertEquals(7, row.get("id").asInt());
        assertTrue(row.get("seen").asText().contains("Who bakes in Tal?"), row::toString);
        assertTrue(row.get("seen").asText().endsWith("Score:"), row::toString);
        assertEquals(row.get("seen_ids").size(), row.get("seen_tokens").size());
        try (OnnxModel model = OnnxModel.load(Nano.resolve(Path.of("nano")), LoadOptions.defaults())) {
            assertEquals(
                    model.countTokens(Rubric.paraphrases().get(0).prompt("Who bakes in Tal?", "Mara.")),
                    row.get("seen_ids").size());
        }
    }

    @Test
    void aPairIsSeenAsTrainingSeesIt() throws IOException {
        Ran.write(temp.resolve("in.jsonl"), "{\"instruction\": \"Who bakes in Tal?\", \"response\": \"Mara.\"}");
        String forward =
                tokenized("nano", "--pair-as", "forward").get(0).get("seen").asText();
        String backward =
                tokenized("nano", "--pair-as", "backward").get(0).get("seen").asText();
        assertTrue(forward.indexOf("Who bakes") < forward.indexOf("Mara."), forward);
        assertTrue(backward.indexOf("Who bakes") > backward.indexOf("Mara."), backward);
    }

    @Test
    void promptsAreSeenAsTheyAreContinued() throws IOException {
        Ran.write(
                temp.resolve("in.jsonl"),
                "{\"messages\": [{\"role\": \"user\", \"content\": \"Who bakes in Tal?\"}]}",
                "{\"prompt\": \"Who bakes\", \"completion\": \" in Tal?\"}",
                "{\"prompt_ids\": [5, 6], \"completion_ids\": [7]}",
                "{\"prompt_ids\": [5, 99999999]}");
        List<JsonNode> rows = tokenized("nano");
        assertEquals(3, rows.size());
        assertTrue(rows.get(0).get("seen").asText().contains("Who bakes in Tal?"));
        assertTrue(rows.get(1).get("seen").asText().endsWith("Who bakes in Tal?"), rows.get(1)::toString);
        assertEquals("[5,6,7]", rows.get(2).get("seen_ids").toString());
        assertTrue(Ran.rows(temp.resolve("out.rejected.jsonl"))
                .get(0)
                .toString()
                .contains("token id 99999999: expected 0 to"));
    }

    @Test
    void anExportedModelSeesTheSame() throws IOException {
        Ran.write(temp.resolve("in.jsonl"), "{\"instruction\": \"Who bakes in Tal?\", \"response\": \"Mara.\"}");
        Path exported = temp.resolve("exported");
        OnnxExport.write(Nano.resolve(Path.of("nano")), exported, Precision.INT8);
        assertEquals(tokenized("nano"), tokenized(exported));
        Ran inspected = Ran.onnx("inspect", "--model", exported, "--json").done();
        assertEquals("ONNX", inspected.summary().get("format").asText());
        assertTrue(inspected.summary().get("usable").booleanValue());
    }
}
