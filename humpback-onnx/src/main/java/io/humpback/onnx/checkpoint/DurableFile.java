package io.humpback.onnx.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/** Files that appear whole or not at all: written beside their place, forced to disk and renamed. */
public final class DurableFile {

    /** What a file consists of. */
    @FunctionalInterface
    public interface Content {

        /**
         * Writes all of it.
         *
         * @param channel where to; not to be closed
         * @throws IOException if that fails
         */
        void writeTo(FileChannel channel) throws IOException;
    }

    private DurableFile() {}

    /**
     * Writes a file, replacing one that is there.
     *
     * @param path of the file, in a folder that exists
     * @param content called once
     * @throws IOException if that fails; then whatever was at the path before is still there
     */
    public static void write(Path path, Content content) throws IOException {
        Path temporary = path.resolveSibling("." + path.getFileName() + "." + UUID.randomUUID() + ".tmp");
        try {
            try (FileChannel channel =
                    FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                content.writeTo(channel);
                channel.force(true);
            }
            Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException | RuntimeException | Error e) {
            Files.deleteIfExists(temporary);
            throw e;
        }
        try (FileChannel channel = FileChannel.open(path.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
            channel.force(true);
        } catch (AccessDeniedException e) {
            // Windows does not open folders, and does not need it for a rename to last
        }
    }

    /**
     * Writes a text as UTF-8.
     *
     * @param path as above
     * @param text all of it
     * @throws IOException as above
     */
    public static void write(Path path, String text) throws IOException {
        write(path, text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Writes bytes.
     *
     * @param path as above
     * @param bytes all of them
     * @throws IOException as above
     */
    public static void write(Path path, byte[] bytes) throws IOException {
        write(path, channel -> {
            for (ByteBuffer rest = ByteBuffer.wrap(bytes); rest.hasRemaining(); ) {
                channel.write(rest);
            }
        });
    }
}
