package io.humpback.examples.label;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.internal.AtomicFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * One person's labels, a row each, in the order in which they were given. A row is on disk before the next pair is shown; a
 * last row that a killed process left half written is taken away when the file is opened again. Not thread-safe.
 */
final class LabelFile {

    private final Path file;
    private final List<ObjectNode> rows;

    private LabelFile(Path file, List<ObjectNode> rows) {
        this.file = file;
        this.rows = rows;
    }

    /**
     * {@return the labels in a file, none if there is no file yet}
     *
     * @throws io.humpback.data.DataException if a row is no JSON object
     */
    static LabelFile open(Path file) throws IOException {
        if (Files.exists(file)) {
            cutHalfRow(file);
        }
        return new LabelFile(file, read(file));
    }

    private static List<ObjectNode> read(Path file) throws IOException {
        List<ObjectNode> rows = new ArrayList<>();
        if (Files.exists(file)) {
            try (Stream<Row> read = JsonLines.read(file, Rejects.refuse())) {
                read.forEach(row -> rows.add(row.fields()));
            }
        }
        return rows;
    }

    private static void cutHalfRow(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            long end = channel.size();
            ByteBuffer one = ByteBuffer.allocate(1);
            while (end > 0) {
                channel.read(one.clear(), end - 1);
                if (one.get(0) == '\n') {
                    break;
                }
                end--;
            }
            if (end < channel.size()) {
                channel.truncate(end);
                channel.force(true);
            }
        }
    }

    /** {@return the rows, the first label first} */
    List<ObjectNode> rows() {
        return List.copyOf(rows);
    }

    /** Appends a row; it is on disk when this returns. */
    void add(ObjectNode row) throws IOException {
        ByteBuffer line = ByteBuffer.wrap((row + "\n").getBytes(StandardCharsets.UTF_8));
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
            long before = channel.size();
            try {
                while (line.hasRemaining()) {
                    channel.write(line);
                }
                channel.force(true);
            } catch (IOException e) {
                channel.truncate(before); // a full disk leaves no half row
                throw e;
            }
        }
        rows.add(row);
    }

    /** Takes the last row away again; there must be one. */
    ObjectNode undo() throws IOException {
        StringBuilder rest = new StringBuilder();
        for (ObjectNode row : rows.subList(0, rows.size() - 1)) {
            rest.append(row).append('\n');
        }
        AtomicFiles.write(file, rest.toString());
        return rows.remove(rows.size() - 1);
    }
}
