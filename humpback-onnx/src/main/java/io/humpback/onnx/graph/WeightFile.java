package io.humpback.onnx.graph;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;

/** Writes the file of a model's weights. */
public final class WeightFile {

    private WeightFile() {}

    /**
     * Writes each weight at its place among {@link OnnxWriter#offsets} into a new file; they are computed in parallel.
     *
     * @throws IOException if reading their source or writing fails
     */
    public static void write(List<Weight> weights, Path file) throws IOException {
        Map<String, Long> offsets = OnnxWriter.offsets(weights);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            weights.parallelStream().forEach(weight -> {
                long at = requireNonNull(offsets.get(weight.name()));
                Placed placed = new Placed(channel, at);
                try {
                    weight.data().writeTo(placed);
                } catch (IOException e) {
                    throw new UncheckedIOException(weight.name() + ": " + e.getMessage(), e);
                }
                if (placed.at != at + weight.bytes()) {
                    throw new IllegalStateException(weight.name() + ": " + placed.at + " is not where it ends");
                }
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** Writes from a place of a file on. */
    private static final class Placed implements WritableByteChannel {
        private final FileChannel file;
        private long at;

        Placed(FileChannel file, long at) {
            this.file = file;
            this.at = at;
        }

        @Override
        public int write(ByteBuffer bytes) throws IOException {
            int written = file.write(bytes, at);
            at += written;
            return written;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {
            // the file is its owner's to close
        }
    }
}
