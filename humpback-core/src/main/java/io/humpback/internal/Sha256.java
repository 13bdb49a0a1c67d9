package io.humpback.internal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** SHA-256, which every Java platform has. */
public final class Sha256 {

    private Sha256() {}

    /** {@return a digest that has taken in nothing yet} */
    public static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    /** Adds a file's content to a digest. */
    public static void add(Path file, MessageDigest digest) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] some = new byte[1 << 16];
            for (int n = in.read(some); n >= 0; n = in.read(some)) {
                digest.update(some, 0, n);
            }
        }
    }

    /** {@return the hash of a file's content, in hexadecimal digits} */
    public static String of(Path file) throws IOException {
        MessageDigest digest = digest();
        add(file, digest);
        return HexFormat.of().formatHex(digest.digest());
    }

    /**
     * {@return the first 20 hexadecimal digits of the hash of files: their names below the given ones, and contents}
     *
     * @param paths files, or folders with all below them
     * @param counts which of the files count
     */
    public static String ofAll(List<Path> paths, Predicate<Path> counts) throws IOException {
        MessageDigest digest = digest();
        for (Path path : paths) {
            if (!Files.exists(path)) {
                throw new NoSuchFileException(path.toString());
            }
            List<Path> files;
            try (Stream<Path> walk = Files.walk(path)) {
                files = walk.filter(Files::isRegularFile)
                        .filter(counts)
                        .sorted()
                        .toList();
            }
            for (Path file : files) {
                byte[] name = path.relativize(file).toString().getBytes(StandardCharsets.UTF_8);
                digest.update(ByteBuffer.allocate(12)
                        .putInt(name.length)
                        .putLong(Files.size(file))
                        .array());
                digest.update(name);
                add(file, digest);
            }
        }
        return HexFormat.of().formatHex(digest.digest(), 0, 10);
    }
}
