package io.humpback.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdapterTest {

    @TempDir
    Path folder;

    @Test
    void theFingerprintIsOfWeightsAndSettingsAlone() throws IOException {
        Files.writeString(folder.resolve("adapter_config.json"), "{}");
        Files.writeString(folder.resolve("adapter_model.safetensors"), "weights");
        Adapter adapter = Adapter.at(folder);
        Files.writeString(folder.resolve("losses.jsonl"), "{}");
        assertEquals(adapter, Adapter.at(folder));
        Files.writeString(folder.resolve("adapter_model.safetensors"), "weightS");
        assertNotEquals(adapter.fingerprint(), Adapter.at(folder).fingerprint());
    }

    @Test
    void aFolderWithoutSettingsIsRefused() {
        ModelException thrown = assertThrows(ModelException.class, () -> Adapter.at(folder));
        assertTrue(thrown.getMessage().contains(folder.toString()), thrown.getMessage());
    }
}
