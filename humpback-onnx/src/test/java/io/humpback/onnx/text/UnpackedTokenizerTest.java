package io.humpback.onnx.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.model.ModelException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The native library of the tokenizer in a process of its own, since it is loaded once. */
class UnpackedTokenizerTest {

    @TempDir
    Path folder;

    /** What the process runs. */
    public static final class Child {
        private Child() {}

        /** Opens a tokenizer and prints what is said of it. @param args none */
        public static void main(String[] args) {
            try (Tokenizer tokenizer = Tokenizers.bytes(Tokenizers.LLAMA3, true)) {
                System.out.println(tokenizer.encode("a").length + " token");
            } catch (ModelException e) {
                System.out.println(e.getMessage());
            }
        }
    }

    private static String printed(Path cache) throws IOException, InterruptedException {
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-DENGINE_CACHE_DIR=" + cache,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Child.class.getName())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String printed = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, child.waitFor(), printed);
        return printed.strip();
    }

    @Test
    void aCacheThatCannotBeWrittenIsNamed() throws Exception {
        assertEquals("1 token", printed(folder.resolve("cache")));
        Path taken = Files.createFile(folder.resolve("taken"));
        String printed = printed(taken.resolve("cache"));
        assertTrue(printed.contains("; it is unpacked in " + taken.resolve("cache")), printed);
        assertTrue(printed.contains(" MiB free, expected at least 16 that can be written"), printed);
    }
}
