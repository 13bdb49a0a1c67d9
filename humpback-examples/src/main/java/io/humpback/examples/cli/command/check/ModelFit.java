package io.humpback.examples.cli.command.check;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.file.JsonLines;
import io.humpback.examples.cli.io.Failure;
import io.humpback.model.ModelException;
import io.humpback.onnx.Precision;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.checkpoint.WeightName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/** In which precisions a model would run on this machine. Memory is estimated from sizes, and speed from memory that is read. */
final class ModelFit {

    /** What the runtime and the caches of a few conversations take beside the weights. */
    private static final long BESIDE = 400L << 20;

    /** Part of the measured rate that reading weights comes to. */
    private static final double REACHED = 0.7;

    private ModelFit() {}

    /**
     * {@return a line of a model: a part for each precision}
     *
     * @param available bytes of memory
     * @param rate bytes a second that are read
     */
    static ObjectNode of(String name, Path path, long available, double rate) {
        ObjectNode line = JsonLines.row().put("model", name);
        if (Files.isRegularFile(path.resolve("model.onnx"))) {
            return line.put("format", "ONNX, in the precision that it was exported in");
        }
        try (Checkpoint checkpoint = Checkpoint.open(path)) {
            LlamaConfig config = checkpoint.config();
            long[] parameters = new long[2]; // of products, and of the table of tokens
            config.forEachTensor((tensor, shape) -> parameters[tensor.equals(WeightName.EMBEDDING) ? 1 : 0] +=
                    Arrays.stream(shape).reduce(1, (a, b) -> a * b));
            long products = parameters[0] + (config.tiedEmbeddings() ? parameters[1] : 0);
            line.put("family", config.features().family()).put("parameters", parameters[0] + parameters[1]);
            for (Precision precision : Precision.values()) {
                double weights = precision.bytesPerWeight() * products;
                double memory = weights + 4.0 * parameters[1] + BESIDE;
                String size = String.format(Locale.ROOT, "%.1f GB", memory / 1e9);
                String speed = String.format(Locale.ROOT, "about %.0f tokens/s", rate * REACHED / weights);
                line.put(precision.key(), size + ", " + (memory <= available ? speed : "does not fit"));
            }
            return line;
        } catch (IOException | ModelException | UncheckedIOException e) {
            return line.put("unusable", Failure.line(e));
        }
    }
}
