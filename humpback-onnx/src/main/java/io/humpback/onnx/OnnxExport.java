package io.humpback.onnx;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.hub.Hub;
import io.humpback.internal.Places;
import io.humpback.model.Adapter;
import io.humpback.model.ModelException;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.Json;
import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.OnnxWriter;
import io.humpback.onnx.graph.WeightFile;
import io.humpback.onnx.peft.AdapterFolder;
import io.humpback.onnx.weights.ModelSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Writes a checkpoint as an ONNX folder: {@code model.onnx} with its weights in {@code model.onnx.data}, the tokenizer,
 * the configuration and a README. Plain ONNX Runtime opens the graph, {@link OnnxModel#load} the folder, with the results
 * of the checkpoint in that precision, unless graph or weights have changed since: their SHA-256 is compared (of weights
 * beyond 4 GiB in blocks spread over as many bytes).
 */
public final class OnnxExport {

    private OnnxExport() {}

    /**
     * Writes a folder for contexts up to 8,192 tokens.
     *
     * @param checkpoint a Hugging Face folder or a GGUF file
     * @param folder is created; must not exist, or be empty; is deleted again if this fails
     * @param precision of weights and products
     * @throws IOException if reading or writing fails
     * @throws ModelException if the checkpoint is no model that can be run, or the folder is not empty
     */
    public static void write(Path checkpoint, Path folder, Precision precision) throws IOException {
        write(checkpoint, null, folder, precision);
    }

    /**
     * Writes a folder for contexts up to 8,192 tokens, with an adapter merged into the weights.
     *
     * @param checkpoint a Hugging Face folder or a GGUF file
     * @param adapter folder of an adapter made for it; null for none
     * @param folder is created; must not exist, or be empty; is deleted again if this fails
     * @param precision of weights and products
     * @throws IOException if reading or writing fails
     * @throws ModelException if the checkpoint is no model that can be run, the adapter does not fit it, or the folder is
     *     not empty
     */
    public static void write(Path checkpoint, @Nullable Path adapter, Path folder, Precision precision)
            throws IOException {
        Objects.requireNonNull(checkpoint, "checkpoint");
        Objects.requireNonNull(folder, "folder");
        Objects.requireNonNull(precision, "precision");
        if (Files.exists(folder)) {
            if (!Files.isDirectory(folder)) {
                throw new ModelException(folder + ": expected a folder");
            }
            try (Stream<Path> found = Files.list(folder)) {
                if (found.findAny().isPresent()) {
                    throw new ModelException(folder + ": expected an empty folder, or none");
                }
            }
        }
        Files.createDirectories(folder);
        try (Checkpoint opened = Checkpoint.open(checkpoint)) {
            ModelSource source = source(opened, adapter);
            String fingerprint = fingerprint(opened, adapter, precision);
            LoadOptions options = LoadOptions.defaults().precision(precision);
            Graph graph = graph(source, options);
            WeightFile.write(graph.liveWeights(), folder.resolve(ExportedModel.WEIGHTS));
            writeRest(graph, opened, fingerprint, folder, options);
            ExportedModel.seal(folder);
            Files.writeString(folder.resolve("README.md"), readme(opened, adapter, precision));
        } catch (IOException e) {
            ExportedModel.delete(folder);
            throw Places.naming(folder, e);
        } catch (RuntimeException e) {
            ExportedModel.delete(folder);
            throw e;
        }
    }

    /** {@return a checkpoint, an adapter merged where there is one} */
    static ModelSource source(Checkpoint checkpoint, @Nullable Path adapter) throws IOException {
        ModelSource plain = ModelSource.of(checkpoint);
        LlamaConfig.Reward reward = checkpoint.config().features().reward();
        if (adapter != null && reward != null) {
            throw new ModelException(checkpoint.path() + ": a reward model (" + reward.architecture()
                    + ") takes no adapters, found " + adapter);
        }
        return adapter == null ? plain : plain.merged(AdapterFolder.read(adapter, checkpoint));
    }

    static String fingerprint(Checkpoint checkpoint, @Nullable Path adapter, Precision precision) throws IOException {
        String change = adapter == null ? "" : "+" + Adapter.at(adapter).fingerprint();
        return checkpoint.fingerprint() + change + "-" + precision.key();
    }

    /** {@return the graph for the options' precision, device and context length} */
    static Graph graph(ModelSource source, LoadOptions options) {
        int positions = positions(source.checkpoint().config(), options);
        return options.device().isCuda()
                ? options.precision().decodingGraph(source, positions)
                : options.precision().graph(source, positions);
    }

    private static int positions(LlamaConfig config, LoadOptions options) {
        return Math.min(options.contextLength(), config.maxPositions());
    }

    /** Writes all that loading needs but the weights. */
    static void writeRest(Graph graph, Checkpoint checkpoint, String fingerprint, Path folder, LoadOptions options)
            throws IOException {
        LlamaConfig config = checkpoint.config();
        Precision precision = options.precision();
        int positions = positions(config, options);
        Map<String, String> metadata = Map.of("fingerprint", fingerprint, "precision", precision.key());
        Files.write(folder.resolve(ExportedModel.GRAPH), OnnxWriter.write(graph, ExportedModel.WEIGHTS, metadata));
        ModelFiles.writeText(checkpoint, folder);
        boolean blocks = options.device().isCuda() && precision.hasBlocks(config);
        Files.writeString(
                folder.resolve(ExportedModel.CONFIG),
                Json.pretty(config(config, positions, precision, fingerprint, blocks)));
    }

    /** The sizes, and what only this library knows under "humpback". */
    private static ObjectNode config(
            LlamaConfig config, int positions, Precision precision, String fingerprint, boolean blocks) {
        ObjectNode json = ModelFiles.config(config).put("max_position_embeddings", positions);
        json.putObject("humpback")
                .put("precision", precision.key())
                .put("fingerprint", fingerprint)
                .put(ExportedModel.BLOCKS, blocks);
        return json;
    }

    private static String readme(Checkpoint checkpoint, @Nullable Path adapter, Precision precision)
            throws IOException {
        String change = adapter == null
                ? ""
                : ", with an adapter merged (SHA-256 " + Adapter.at(adapter).fingerprint() + ")";
        return """
                # %s in %s

                A model as an ONNX graph, written by humpback from `%s` (SHA-256 %s)%s.

                - `model.onnx`, `model.onnx.data`: graph and weights, precision %s. Inputs: `input_ids` INT64 [B, S];
                  `past_key_values.L.key` and `.value` FLOAT [B, heads, capacity, width], which hold earlier positions
                  and room for the new ones; `last_position` INT32 [B]; `total_length` INT32; `rows` INT64 [R], the tokens
                  whose logits are wanted; `target_rows` INT64 [T] and `targets` INT64 [T, 1], for log-probabilities;
                  `pooling` FLOAT [Q, B*S], weights of sums over tokens, with Q = 0 where none are wanted.
                  Outputs: `logits` [R, V], `target_logprobs` [T, 1], `hidden_states.K` [Q, width], those sums of the residual
                  stream after K blocks, `present.L.key` and `.value`. Of a reward model `logits` [R, 1] are the rewards, and there
                  are no targets and no sums.
                - `tokenizer.json`, `tokenizer_config.json`, `chat_template.jinja`: as far as the source has them.
                - `config.json`: sizes, end tokens, fingerprint, and the SHA-256 of graph and weights.
                """.formatted(
                        Hub.nameOf(checkpoint.path()),
                        precision.key(),
                        Hub.nameOf(checkpoint.path()),
                        checkpoint.fingerprint(),
                        change,
                        precision.key());
    }
}
