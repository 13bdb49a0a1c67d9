package io.humpback.examples.bench.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProgramTest {

    @TempDir
    private Path folder;

    private Path jar(String main) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, main);
        Path jar = folder.resolve(main + ".jar");
        new JarOutputStream(Files.newOutputStream(jar), manifest).close();
        return jar;
    }

    @Test
    void theProgramsJarIsOneWithItsMainClass() throws IOException {
        assertTrue(Program.isProgram(jar("io.humpback.examples.Main").toString()));
        assertFalse(Program.isProgram(jar("org.other.Main").toString()));
        assertFalse(Program.isProgram(folder.resolve("none.jar").toString()));
        assertFalse(Program.isProgram(folder.toString()));
    }

    @Test
    void itIsStartedByItsClassPath() throws Exception {
        List<String> words = Program.ofThisJvm().command(List.of("--version"));
        try (Child child = Child.start(words, folder)) {
            assertEquals(0, child.await(), child::tail);
            assertTrue(child.output().startsWith("humpback "), child.output());
        }
    }
}
