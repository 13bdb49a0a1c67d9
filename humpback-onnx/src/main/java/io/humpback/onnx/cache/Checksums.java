package io.humpback.onnx.cache;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/** Checksums of a large file, block by block, in a file beside it: against damage, not against those who mean to change it. */
final class Checksums {

    private static final String NAME = "checksums";
    private static final long BLOCK = 64L << 20;
    private static final int CHUNK = 1 << 20;

    private Checksums() {}

    /** Notes the checksums of a file of a folder. */
    static void write(Path folder, String file) throws IOException {
        Files.write(folder.resolve(NAME), of(folder.resolve(file)));
    }

    /** {@return whether a file of a folder is there and has the checksums that were noted} */
    static boolean hold(Path folder, String file) throws IOException {
        Path noted = folder.resolve(NAME);
        return Files.isRegularFile(noted)
                && Files.isRegularFile(folder.resolve(file))
                && Files.readString(noted).lines().toList().equals(of(folder.resolve(file)));
    }

    /** {@return the size and a checksum a block} */
    private static List<String> of(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            long size = channel.size();
            LongStream blocks = LongStream.range(0, (size + BLOCK - 1) / BLOCK).parallel();
            List<String> sums = blocks.mapToObj(
                            block -> sum(channel, block * BLOCK, Math.min(size, (block + 1) * BLOCK)))
                    .toList();
            return Stream.concat(Stream.of("size " + size), sums.stream()).toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static String sum(FileChannel channel, long from, long to) {
        CRC32C sum = new CRC32C();
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK);
        try {
            for (long at = from; at < to; ) {
                chunk.clear().limit((int) Math.min(CHUNK, to - at));
                int n = channel.read(chunk, at);
                if (n < 0) {
                    break; // shortened meanwhile
                }
                sum.update(chunk.flip());
                at += n;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Long.toHexString(sum.getValue());
    }
}
