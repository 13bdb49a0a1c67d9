package io.humpback.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TemporaryFilesTest {

    @TempDir
    private Path all;

    /** Makes a file, says so, and waits. */
    static final class Program {
        public static void main(String[] args) throws Exception {
            Path made = TemporaryFiles.newFolder("some");
            Files.writeString(made.resolve("file"), "text");
            System.out.println(made);
            System.in.read();
        }
    }

    private Process start() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Djava.io.tmpdir=" + all,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Program.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static Path made(Process process) throws IOException {
        BufferedReader printed = process.inputReader();
        return Path.of(printed.readLine());
    }

    private static void end(Process process) throws Exception {
        process.getOutputStream().close();
        assertEquals(0, process.waitFor());
    }

    private List<Path> left() throws IOException {
        try (Stream<Path> files = Files.list(all)) {
            return files.sorted().toList();
        }
    }

    @Test
    void nothingIsLeftOfAProcessThatEnds() throws Exception {
        Process process = start();
        assertTrue(Files.exists(made(process).resolve("file")));
        end(process);
        assertEquals(List.of(), left());
    }

    @Test
    void whatAKilledProcessLeavesGoesWithTheNextAndWhatALivingOneHasStays() throws Exception {
        Process living = start();
        Path kept = made(living);
        Process killed = start();
        Path dead = made(killed);
        killed.destroyForcibly().waitFor();
        assertTrue(Files.exists(dead.resolve("file")));
        Process next = start();
        made(next);
        assertEquals(false, Files.exists(dead.getParent()));
        assertTrue(Files.exists(kept.resolve("file")));
        end(next);
        end(living);
        assertEquals(List.of(), left());
    }

    @Test
    void whatOnlyHasSuchANameStays() throws Exception {
        Path folder = Files.createDirectory(all.resolve("humpback-1-2-3"));
        Files.writeString(folder.resolve("mine"), "text");
        Path file = Files.writeString(all.resolve("humpback-1-2-4"), "text");
        Path link = Files.createSymbolicLink(all.resolve("humpback-1-2-5"), Files.createDirectory(all.resolve("else")));
        Files.writeString(link.resolve("lock"), "");
        Process process = start();
        made(process);
        end(process);
        assertEquals(List.of(all.resolve("else"), folder, file, link), left());
    }
}
