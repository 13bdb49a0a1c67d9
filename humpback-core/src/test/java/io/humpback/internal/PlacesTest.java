package io.humpback.internal;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines;
import io.humpback.data.file.Rows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class PlacesTest {

    @TempDir
    private Path folder;

    private static String message(Executable work) {
        return assertThrows(IOException.class, work).getMessage();
    }

    @Test
    void filesAndWhatIsNotThereAreTaken() throws IOException {
        Path file = Files.writeString(folder.resolve("a"), "");
        for (Path path : new Path[] {file, folder.resolve("b"), Files.createSymbolicLink(folder.resolve("c"), file)}) {
            assertDoesNotThrow(() -> Places.requireReadable(path));
            assertDoesNotThrow(() -> Places.requireWritable(path));
        }
        assertDoesNotThrow(() -> Places.requireFolder(folder.resolve("d")));
        assertEquals(file + ": found a file, expected a folder", message(() -> Places.requireFolder(file)));
    }

    @Test
    void aFolderIsNoFile() {
        assertEquals(
                folder + ": found a folder, expected a file to read", message(() -> Places.requireReadable(folder)));
        assertEquals(
                folder + ": found a folder, expected a file to write", message(() -> Places.requireWritable(folder)));
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void aDeviceIsNotReplaced() {
        Path device = Path.of("/dev/null");
        assertEquals(
                "/dev/null: found a pipe or device, expected a file to write", message(() -> JsonLines.write(device)));
        assertTrue(Files.exists(device) && !Files.isRegularFile(device));
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void aPipeIsRefusedInsteadOfWaitingForItsOtherEnd() throws Exception {
        Path pipe = folder.resolve("pipe.json");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        assertEquals(
                pipe + ": found a pipe or device, expected a file to read",
                message(() -> Rows.read(pipe, Rejects.refuse())));
        assertEquals(pipe + ": found a pipe or device, expected a file to write", message(() -> Rows.write(pipe)));
    }
}
