package io.humpback.onnx.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.model.ModelException;
import io.humpback.onnx.checkpoint.WeightName.Part;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointTest {

    @TempDir
    Path folder;

    @Test
    void aFolderAndAFileAreOpenedAlike() throws IOException {
        Path file = Files.write(folder.resolve("model.gguf"), TinyLlama.gguf().build());
        TinyLlama.folder(folder, TinyLlama.config(), TinyLlama.weights((name, shape) -> true));
        try (Checkpoint first = Checkpoint.open(folder);
                Checkpoint second = Checkpoint.open(file)) {
            assertEquals(first.config(), second.config());
            assertEquals(first.names(), second.names());
        }
    }

    @Test
    void anythingElseIsRefused() throws IOException {
        Path absent = folder.resolve("absent");
        assertTrue(assertThrows(ModelException.class, () -> Checkpoint.open(absent))
                .getMessage()
                .endsWith("absent: no such file"));
        Path text = Files.writeString(folder.resolve("model.txt"), "some text");
        assertTrue(assertThrows(ModelException.class, () -> Checkpoint.open(text))
                .getMessage()
                .contains("not a GGUF file"));
    }

    @Test
    void anUnknownTensorIsRefusedWithTheCheckpoint() throws IOException {
        TinyLlama.folder(folder, TinyLlama.config(), TinyLlama.weights((name, shape) -> true));
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            String message = assertThrows(ModelException.class, () -> checkpoint.tensor(new WeightName(7, Part.Q)))
                    .getMessage();
            assertEquals(folder + ": no tensor model.layers.7.self_attn.q_proj.weight", message);
        }
    }

    @Test
    void closingEndsReadingAndMayBeDoneTwice() throws IOException {
        TinyLlama.folder(folder, TinyLlama.config(), TinyLlama.weights((name, shape) -> true));
        Checkpoint checkpoint = Checkpoint.open(folder);
        Tensor tensor = checkpoint.tensor(WeightName.FINAL_NORM);
        checkpoint.close();
        checkpoint.close();
        assertThrows(IllegalStateException.class, () -> Shared.floats(tensor));
        assertThrows(IllegalStateException.class, checkpoint::fingerprint);
    }

    @Test
    void theFingerprintChangesWithEveryFileThatMatters() throws IOException {
        Set<String> fingerprints = new HashSet<>();
        TinyLlama.folder(folder, TinyLlama.config(), TinyLlama.weights((name, shape) -> true));
        assertTrue(fingerprints.add(fingerprint()));
        assertEquals(1, add(fingerprints));
        for (String name :
                new String[] {"generation_config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"
                }) {
            int before = fingerprints.size();
            Files.writeString(folder.resolve(name), "{}");
            assertEquals(before + 1, add(fingerprints), name);
            Files.writeString(folder.resolve(name), "{ }");
            assertEquals(before + 2, add(fingerprints), name);
        }
        byte[] weights = Files.readAllBytes(folder.resolve("model.safetensors"));
        weights[weights.length - 1] ^= 1;
        Files.write(folder.resolve("model.safetensors"), weights);
        assertEquals(10, add(fingerprints));
        Files.writeString(folder.resolve("README.md"), "of no interest");
        assertEquals(10, add(fingerprints));
    }

    private int add(Set<String> fingerprints) throws IOException {
        fingerprints.add(fingerprint());
        return fingerprints.size();
    }

    private String fingerprint() throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertEquals(checkpoint.fingerprint(), checkpoint.fingerprint());
            return checkpoint.fingerprint();
        }
    }
}
