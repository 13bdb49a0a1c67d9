package io.humpback.examples.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.examples.cli.Ran;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectCommandTest {

    @TempDir
    private Path folder;

    @Test
    void aFolderOfGraphsIsOpenedToSeeWhatItIs() throws IOException {
        Path exported = folder.resolve("exported");
        Ran.onnx("export", "--model", Ran.shared("data/golden/tiny-llama3"), "--out", exported);
        JsonNode summary =
                Ran.onnx("inspect", "--json", "--model", exported).done().summary();
        assertEquals("ONNX", summary.get("format").textValue());
        assertTrue(summary.get("usable").booleanValue());
        Files.delete(exported.resolve("model.onnx.data"));
        Ran refused = Ran.onnx("inspect", "--json", "--model", exported);
        assertEquals(1, refused.status());
        assertTrue(refused.summary().get("reason").textValue().contains("model.onnx.data: "), refused.out());
    }

    @Test
    void aRewardModelIsCalledSo() {
        for (String name : List.of("reward-llama", "qwen3")) {
            JsonNode summary = Ran.command("inspect", "--json", "--model", Ran.shared("data/golden/families/" + name))
                    .done()
                    .summary();
            assertEquals(
                    name.equals("qwen3") ? "language model" : "reward model",
                    summary.get("kind").textValue());
            assertTrue(summary.get("usable").booleanValue());
        }
    }

    @Test
    void aFolderIsToldWithItsSizes() {
        Path model = Ran.shared("data/golden/tiny-llama3");
        JsonNode told =
                Ran.command("inspect", "--model", model, "--json").done().summary();
        assertEquals(4, told.get("layers").intValue());
        assertEquals(2, told.get("kv_heads").intValue());
        assertEquals(512, told.get("tokens").intValue());
        assertEquals(Ran.read("[508, 511]"), told.get("end_ids"));
        assertEquals(Ran.read("{\"BF16\": 38}"), told.get("tensors"));
        assertEquals(2 * told.get("parameters").longValue(), told.get("bytes").longValue());
        assertTrue(told.get("usable").booleanValue());
    }

    @Test
    void aGgufFileIsToldWithItsFormats() {
        Path model = Ran.shared("models/SmolLM2-135M-Instruct.Q4_1.gguf");
        JsonNode told =
                Ran.command("inspect", "--model", model, "--json").done().summary();
        assertEquals(Ran.read("{\"F32\": 61, \"Q8_0\": 1, \"Q4_1\": 210}"), told.get("tensors"));
        assertEquals(134_515_008, told.get("parameters").longValue());
        assertEquals("[2]", told.get("end_ids").toString());
    }

    @Test
    void whatCannotBeUsedIsToldWithTheReason() throws IOException {
        Path model = Files.writeString(folder.resolve("model.gguf"), "no model");
        Ran ran = Ran.command("inspect", "--model", model, "--json");
        assertEquals(1, ran.status());
        assertFalse(ran.summary().get("usable").booleanValue());
        assertTrue(ran.summary().get("reason").textValue().contains("not a GGUF file"));
    }

    @Test
    void aModelWithoutATokenizerCannotBeUsed() {
        Path model = Ran.shared("data/golden/tiny-llama2");
        Ran ran = Ran.command("inspect", "--model", model, "--json");
        assertEquals(1, ran.status());
        assertEquals(3, ran.summary().get("layers").intValue());
        assertTrue(ran.summary().get("reason").textValue().contains("tokenizer.json"));
    }

    @Test
    void anAdapterIsToldAndWhetherItFits() {
        Path adapter = Ran.shared("data/golden/training/lora-adapter");
        Path model = Ran.shared("data/golden/tiny-llama3");
        JsonNode told = Ran.command("inspect", "--model", model, "--adapter", adapter, "--json")
                .done()
                .summary()
                .get("adapter");
        assertEquals(28, told.get("modules").intValue());
        assertEquals(8, told.get("rank").intValue());
        assertEquals(60416, told.get("parameters").intValue());
        Path other = Ran.shared("data/golden/tiny-llama3-headdim");
        Ran ran = Ran.command("inspect", "--model", other, "--adapter", adapter, "--json");
        assertEquals(1, ran.status());
        assertFalse(ran.summary().get("usable").booleanValue());
    }

    /** A copy of the tiny model with one of its files changed. */
    private Path changed(String name, UnaryOperator<String> change) throws IOException {
        Path model = Ran.shared("data/golden/tiny-llama3");
        for (String file : List.of("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")) {
            Files.copy(model.resolve(file), folder.resolve(file));
        }
        Path file = folder.resolve(name);
        file.toFile().setWritable(true);
        Files.writeString(file, change.apply(Files.readString(file)));
        return folder;
    }

    private static String reason(Path model) {
        Ran ran = Ran.command("inspect", "--model", model, "--json");
        assertEquals(1, ran.status());
        assertFalse(ran.summary().get("usable").booleanValue());
        return ran.summary().get("reason").textValue();
    }

    @Test
    void aTemplateThatLaysNoConversationOutIsTold() throws IOException {
        Path model = changed("tokenizer_config.json", config -> {
            ObjectNode json = (ObjectNode) Ran.read(config);
            return json.put("chat_template", "{{ raise_exception('no') }}").toString();
        });
        assertTrue(reason(model).contains("no"), reason(model));
    }

    @Test
    void tokensThatTheModelDoesNotKnowAreTold() throws IOException {
        Path model = changed("tokenizer.json", text -> {
            ObjectNode json = (ObjectNode) Ran.read(text);
            ((ArrayNode) json.get("added_tokens"))
                    .addObject()
                    .put("id", 512)
                    .put("content", "more")
                    .put("single_word", false)
                    .put("lstrip", false)
                    .put("rstrip", false)
                    .put("normalized", false)
                    .put("special", false);
            return json.toString();
        });
        assertEquals("the tokenizer has a token 512, but the model knows 0 to 511", reason(model));
    }

    @Test
    void aSentencePieceModelAloneIsToldWithWhatToDo() throws IOException {
        Path model = changed("tokenizer.json", text -> text);
        Files.delete(model.resolve("tokenizer.json"));
        Files.writeString(model.resolve("tokenizer.model"), "sentencepiece");
        assertTrue(reason(model).startsWith("no tokenizer.json, only tokenizer.model: expected what AutoTokenizer"));
    }
}
