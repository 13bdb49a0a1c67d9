package io.humpback.spark;

import com.sun.management.OperatingSystemMXBean;
import io.humpback.model.ModelException;
import io.humpback.onnx.LoadOptions;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.checkpoint.WeightName;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Stream;

/** What a model takes outside the heap, and whether there is room for it: better told at the start than by a killed executor. */
final class ModelMemory {

    /** What the runtime and the caches of a few prompts take beside the weights. */
    private static final long BESIDE = 400L << 20;

    private ModelMemory() {}

    /**
     * Checks that a model fits.
     *
     * @throws ModelException if it does not; the message names the setting
     */
    static void require(SharedModels.Key key) throws IOException {
        if (key.options().device().isCuda()) {
            return; // its memory is the device's, which the runtime asks
        }
        long needed = bytes(key.model(), key.options());
        long overhead = key.cluster().overhead();
        if (needed > overhead) {
            throw new ModelException("spark.executor.memoryOverhead = " + mebibytes(overhead) + ": expected at least "
                    + mebibytes(needed) + ", which " + key.model() + " takes outside the heap in "
                    + key.options().precision().key());
        }
        long heap = Runtime.getRuntime().maxMemory();
        long total =
                ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
        if (needed > total - heap) {
            throw new ModelException(
                    "memory of the machine or container = " + mebibytes(total) + ", of which the heap may take "
                            + mebibytes(heap) + ": expected " + mebibytes(needed) + " beside it, which " + key.model()
                            + " takes in "
                            + key.options().precision().key());
        }
    }

    private static String mebibytes(long bytes) {
        return (bytes >> 20) + "m";
    }

    /** {@return bytes that a model takes, estimated from its sizes; of an exported graph from its files} */
    static long bytes(Path model, LoadOptions options) throws IOException {
        if (isGraph(model)) {
            Path folder = Files.isDirectory(model)
                    ? model
                    : Objects.requireNonNull(model.toAbsolutePath().getParent());
            try (Stream<Path> files = Files.walk(folder)) {
                return BESIDE
                        + files.filter(Files::isRegularFile)
                                .mapToLong(file -> file.toFile().length())
                                .sum();
            }
        }
        try (Checkpoint checkpoint = Checkpoint.open(model)) {
            LlamaConfig config = checkpoint.config();
            long[] parameters = new long[2]; // of products, and of the table of tokens
            config.forEachTensor((tensor, shape) -> parameters[tensor.equals(WeightName.EMBEDDING) ? 1 : 0] +=
                    Arrays.stream(shape).reduce(1, (a, b) -> a * b));
            long products = parameters[0] + (config.tiedEmbeddings() ? parameters[1] : 0);
            return BESIDE + 4 * parameters[1] + (long) (options.precision().bytesPerWeight() * products);
        }
    }

    private static boolean isGraph(Path model) throws IOException {
        if (!Files.isDirectory(model)) {
            return model.toString().endsWith(".onnx");
        }
        try (Stream<Path> files = Files.walk(model, 2)) {
            return files.anyMatch(file -> file.toString().endsWith(".onnx"));
        }
    }
}
