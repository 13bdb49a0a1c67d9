package io.humpback.examples.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.file.JsonLines;
import io.humpback.internal.PeakMemory;
import io.humpback.model.LanguageModel;
import io.humpback.model.ModelException;
import io.humpback.onnx.LoadOptions;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.checkpoint.WeightName;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A model and how it is run: one side of a comparison. Holds at most one loaded model, and closes it. Not thread-safe. */
public final class Subject implements Closeable {

    /** Loads the model. */
    @FunctionalInterface
    public interface Loader {
        /**
         * {@return the loaded model}
         *
         * @throws IOException if it cannot be read
         */
        LanguageModel load(UnaryOperator<LoadOptions> more) throws IOException;
    }

    private final Path path;
    private final LoadOptions options;
    private final Loader loader;
    private @Nullable LanguageModel model;
    private boolean sharing;
    private Optional<ObjectNode> load = Optional.empty();

    public Subject(Path path, LoadOptions options, Loader loader) {
        this.path = path;
        this.options = options;
        this.loader = loader;
    }

    Path path() {
        return path;
    }

    /** {@return how the model is run} */
    public LoadOptions options() {
        return options;
    }

    /**
     * {@return the model, loaded if it is not yet}
     *
     * @param prefixSharing whether common beginnings of prompts may be computed once: not where reading is measured
     */
    LanguageModel model(boolean prefixSharing) throws IOException {
        if (model == null || sharing != prefixSharing) {
            close();
            PeakMemory.reset();
            long start = System.nanoTime();
            model = loader.load(with -> with.prefixSharing(prefixSharing));
            sharing = prefixSharing;
            ObjectNode figures = JsonLines.row().put("seconds", (System.nanoTime() - start) / 1e9);
            Bench.peakMebibytes().ifPresent(peak -> figures.put("peak_mib", peak));
            load = Optional.of(figures);
        }
        return model;
    }

    /** {@return how long the last loading took, and its peak of memory; empty where nothing was loaded} */
    public Optional<ObjectNode> load() {
        return load;
    }

    /**
     * {@return bytes of the weights that every step reads, at least; empty where the model is no checkpoint whose sizes can
     * be read}
     */
    OptionalLong weightBytes() throws IOException {
        if (!Files.exists(path)) {
            return OptionalLong.empty();
        }
        LlamaConfig config;
        try (Checkpoint checkpoint = Checkpoint.open(path)) {
            config = checkpoint.config();
        } catch (ModelException e) { // an exported model
            return OptionalLong.empty();
        }
        long[] weights = new long[1];
        config.forEachTensor((name, shape) -> {
            boolean rows = name.equals(WeightName.EMBEDDING) && !config.tiedEmbeddings(); // a few rows are looked up
            weights[0] += rows ? 0 : Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        });
        return OptionalLong.of(
                switch (options.precision()) {
                    case FP32 -> 4 * weights[0];
                    case BF16 -> 2 * weights[0];
                    case INT8 -> weights[0];
                    case INT4 -> weights[0] / 2;
                });
    }

    @Override
    public void close() {
        if (model != null) {
            model.close();
            model = null;
        }
    }
}
