package io.humpback.data.file;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.internal.ReadFaults;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Rows set aside as JSON Lines until their columns are known. */
final class Spool {

    final Path file;
    private final OutputStream out;
    private long bytes;

    Spool(Path file) throws IOException {
        this.file = file;
        out = new BufferedOutputStream(
                Files.newOutputStream(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW), 1 << 16);
    }

    void write(ObjectNode row) throws IOException {
        byte[] json = JsonLines.json(row).getBytes(StandardCharsets.UTF_8);
        out.write(json);
        out.write('\n');
        bytes += json.length + 1;
    }

    long bytes() {
        return bytes;
    }

    void end() throws IOException {
        out.close();
    }

    void delete() throws IOException {
        ReadFaults.closeQuietly(out);
        Files.deleteIfExists(file);
    }
}
