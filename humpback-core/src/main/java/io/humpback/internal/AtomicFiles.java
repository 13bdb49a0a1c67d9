package io.humpback.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;

/** Files that appear whole or not at all: written under another name in the same folder, forced to disk and renamed. */
public final class AtomicFiles {

    /** What a file consists of. */
    @FunctionalInterface
    public interface Content {

        /** Writes all of it to a channel, and leaves that open. */
        void writeTo(FileChannel channel) throws IOException;
    }

    private AtomicFiles() {}

    /** {@return a new name in the folder of the wanted file, under which it can be written} */
    public static Path temporary(Path wanted) {
        return wanted.resolveSibling("." + wanted.getFileName() + "." + UUID.randomUUID() + ".part");
    }

    /**
     * Deletes files in a folder that a process which was killed has left half written, for names with a beginning. Nobody
     * else may be writing them.
     */
    public static void sweep(Path folder, String beginning) throws IOException {
        sweep(folder, beginning, Instant.MAX);
    }

    /** The same where others may be writing: what was written to within the last minute stays. */
    public static void sweepOld(Path folder, String beginning) throws IOException {
        sweep(folder, beginning, Instant.now().minus(1, ChronoUnit.MINUTES));
    }

    private static void sweep(Path folder, String beginning, Instant before) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        List<Path> halves;
        try (Stream<Path> files = Files.list(folder)) {
            halves = files.filter(file -> file.getFileName().toString().startsWith("." + beginning))
                    .filter(file -> isTemporary(file) && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                    .toList();
        }
        for (Path half : halves) {
            try {
                if (Files.getLastModifiedTime(half).toInstant().isBefore(before)) {
                    Files.deleteIfExists(half);
                }
            } catch (NoSuchFileException e) {
                // it has got its name
            }
        }
    }

    /** {@return whether a file has a name that {@link #temporary} gives} */
    static boolean isTemporary(Path file) {
        return file.getFileName().toString().matches(".*\\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\\.part");
    }

    /** Gives a complete file its name, replacing a file that has it; what is seen under that name is on disk. */
    public static void replace(Path temporary, Path wanted) throws IOException {
        force(temporary);
        Files.move(temporary, wanted, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        forceFolder(Objects.requireNonNull(wanted.toAbsolutePath().getParent(), "folder"));
    }

    /** Writes a file, replacing one that is there; whatever was there before stays if that fails. */
    public static void write(Path file, Content content) throws IOException {
        Path temporary = temporary(file);
        try {
            try (FileChannel channel =
                    FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                content.writeTo(channel);
            }
            replace(temporary, file);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /** Writes bytes, see {@link #write(Path, Content)}. */
    public static void write(Path file, byte[] bytes) throws IOException {
        write(file, channel -> {
            for (ByteBuffer rest = ByteBuffer.wrap(bytes); rest.hasRemaining(); ) {
                channel.write(rest);
            }
        });
    }

    /** Writes a text as UTF-8, see {@link #write(Path, Content)}. */
    public static void write(Path file, String text) throws IOException {
        write(file, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Makes the content of a file survive a power cut. */
    static void force(Path file) throws IOException {
        try (FileChannel written = FileChannel.open(file, StandardOpenOption.WRITE)) {
            written.force(true);
        }
    }

    /** Makes the names of files that were moved into a folder survive a power cut. */
    static void forceFolder(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (AccessDeniedException e) {
            // Windows does not open folders, and does not need it for a rename to last
        }
    }
}
