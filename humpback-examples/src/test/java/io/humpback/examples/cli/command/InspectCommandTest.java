package io.humpback.examples.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.examples.cli.Ran;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectCommandTest {

    @TempDir
    private Path folder;

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
}
