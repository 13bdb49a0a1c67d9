package io.humpback.examples.cli.command.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.examples.cli.Ran;
import io.humpback.examples.cli.io.OnnxModels;
import io.humpback.hub.Hub;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorCommandTest {

    private static final String TOKEN = "hf_secret";

    @TempDir
    Path temp;

    private Ran doctor(Object... more) throws IOException {
        Hub hub = Hub.of(Map.of("HF_HOME", temp.toString(), "HF_TOKEN", TOKEN, "HF_ENDPOINT", "http://localhost:1"));
        Object[] args = new Object[more.length + 1];
        args[0] = "doctor";
        System.arraycopy(more, 0, args, 1, more.length);
        return Ran.with(new OnnxModels(hub), args);
    }

    @Test
    void itFitsAScreenAndTellsNoToken() throws IOException {
        Ran ran = doctor().done();
        assertFalse(ran.out().contains(TOKEN), ran.out());
        assertTrue(ran.out().contains("token from HF_TOKEN"), ran.out());
        assertTrue(ran.out().lines().count() < 30, ran.out());
        assertTrue(ran.out().contains("ONNX Runtime 1."), ran.out());
    }

    @Test
    void modelsInTheCacheAreToldWithWhatTheyNeed() throws IOException {
        String commit = "a".repeat(40);
        Path repository = temp.resolve("hub/models--org--broken");
        Path snapshot = Files.createDirectories(repository.resolve("snapshots").resolve(commit));
        Files.createDirectories(repository.resolve("refs"));
        Files.writeString(repository.resolve("refs/main"), commit);
        Files.writeString(snapshot.resolve("x-Q4_0.gguf"), "no gguf");
        JsonNode models = doctor("--json").summary().get("models");
        assertEquals(2, models.size(), models::toString);
        assertEquals("nano", models.get(0).get("model").asText());
        assertTrue(models.get(0).get("int8").asText().contains("tokens/s"), models::toString);
        assertEquals("org/broken:x-Q4_0.gguf", models.get(1).get("model").asText());
        assertTrue(models.get(1).get("unusable").asText().contains("x-Q4_0.gguf"), models::toString);
    }

    @Test
    void whatIsMissingIsSaidInWords() {
        assertEquals(
                "libcudnn.so.9: cannot open shared object file: cuDNN 9 is not installed, or not in the path of"
                        + " libraries",
                Natives.explained("libcudnn.so.9: cannot open shared object file"));
        assertEquals(
                "version `GLIBC_2.28' not found: the system's C library is older than the native library needs; musl"
                        + " (Alpine) is none",
                Natives.explained("version `GLIBC_2.28' not found"));
        assertEquals("something else", Natives.explained("something else"));
    }

    @Test
    void featuresHaveAMeaning() {
        assertTrue(Machine.meaning(List.of("avx512_vnni", "avx2")).contains("int8 reads fastest"));
        assertTrue(Machine.meaning(List.of("avx2")).startsWith("no products of 8-bit numbers"));
        assertTrue(Machine.meaning(List.of("avx512f", "avx2")).contains("fp32 reads fastest"));
        assertTrue(Machine.meaning(List.of()).contains("does not tell"));
    }

    @Test
    void aModelThatIsNotThereIsWrong() throws IOException {
        Ran ran = doctor("--model", temp.resolve("none"));
        assertEquals(1, ran.status());
        assertTrue(ran.err().contains("none: no such file or folder"), ran.err());
        assertTrue(doctor("--model", "org/none").err().contains("not all of it in"));
    }
}
