package io.humpback.examples.cli.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.file.JsonLines;
import io.humpback.data.file.RowWriter;
import io.humpback.examples.cli.terminal.Extent;
import io.humpback.examples.cli.terminal.Progress;
import io.humpback.examples.cli.terminal.Terminal;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputTest {

    @TempDir
    private Path folder;

    /** As the system says it, without a name. */
    private static final class FullDisk implements RowWriter {
        private final boolean buffers;

        FullDisk(boolean buffers) {
            this.buffers = buffers;
        }

        @Override
        public void write(ObjectNode row) throws IOException {
            if (!buffers) {
                commit();
            }
        }

        @Override
        public void commit() throws IOException {
            throw new IOException("No space left on device");
        }

        @Override
        public void close() {}
    }

    @Test
    void aFullDiskIsSaidOfTheFile() throws IOException {
        Path file = folder.resolve("rows.jsonl");
        String expected = file + ": cannot be written: No space left on device";
        PrintWriter nowhere = new PrintWriter(new StringWriter());
        try (Progress progress = Progress.of(new Terminal(nowhere, nowhere, false), "write", Extent.unknown());
                Output full = new Output(file, path -> new FullDisk(false), false, progress);
                Output late = new Output(file, path -> new FullDisk(true), false, progress)) {
            IOException atOnce = assertThrows(IOException.class, () -> full.write(JsonLines.row()));
            assertEquals(expected, atOnce.getMessage());
            late.write(JsonLines.row());
            IOException atTheEnd = assertThrows(IOException.class, late::commit);
            assertEquals(expected, atTheEnd.getMessage());
        }
    }
}
