package io.humpback.onnx;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.internal.FileKind;
import io.humpback.internal.Sha256;
import io.humpback.model.ModelException;
import io.humpback.onnx.cache.WeightCache;
import io.humpback.onnx.checkpoint.Json;
import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.folder.GraphFile;
import io.humpback.onnx.run.CudaDevice;
import io.humpback.onnx.run.Decoder;
import io.humpback.onnx.run.LoopDecoder;
import io.humpback.onnx.run.PagedDecoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A folder with a graph, its weights, and what is known of them: what {@link OnnxExport} writes.
 *
 * <p>The fingerprint names the checkpoint, the adapter and the precision that the folder was made of; it cannot be computed
 * from the folder. What can be proved is that graph and weights are those that were written with it: the graph holds the
 * fingerprint, and {@code config.json} the SHA-256 of graph and weights, which are compared each time a folder is opened.
 * Weights up to {@value #WHOLE_GIB} GiB are read whole, of larger ones as many bytes, in blocks spread evenly from the
 * first to the last: there a change between blocks remains unseen. Whoever rewrites all of it can claim what he likes.
 */
final class ExportedModel implements ModelFacts {

    static final String GRAPH = "model.onnx";
    static final String WEIGHTS = WeightCache.WEIGHTS;
    static final String CONFIG = "config.json";
    static final String TOKENIZER = "tokenizer.json";
    static final String TOKENIZER_CONFIG = "tokenizer_config.json";
    static final String TEMPLATE = "chat_template.jinja";

    /** Whether the graph is one of generations over blocks; beside the fingerprint. */
    static final String BLOCKS = "blocks";

    private static final String HASHES = "sha256";
    private static final int WHOLE_GIB = 4;
    private static final int BLOCK = 1 << 20;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path folder;
    private final int contextLength;
    private final int vocabulary;
    private final LlamaConfig.@Nullable Reward reward;
    private final List<Integer> endIds;
    private final String fingerprint;
    private final String precision;
    private final ModelTexts texts;
    private final JsonNode hashes;

    private ExportedModel(Path folder) throws IOException {
        this.folder = folder;
        for (String name : List.of(GRAPH, WEIGHTS)) {
            Path file = folder.resolve(name);
            if (Files.isRegularFile(file) && FileKind.isLfsPointer(file)) {
                throw new ModelException(file + ": " + FileKind.LFS_POINTER);
            }
        }
        JsonNode config = config(folder.resolve(CONFIG));
        contextLength = number(folder, config, "max_position_embeddings");
        vocabulary = number(folder, config, "vocab_size");
        String architecture = config.path("architectures").path(0).asText();
        JsonNode pad = config.path("pad_token_id");
        reward = architecture.endsWith("ForSequenceClassification")
                ? new LlamaConfig.Reward(
                        architecture, pad.isInt() ? OptionalInt.of(pad.intValue()) : OptionalInt.empty())
                : null;
        endIds = new ArrayList<>();
        JsonNode ends = config.path("eos_token_id");
        for (JsonNode id : ends) {
            endIds.add(id.isInt() ? id.intValue() : -1);
        }
        if (!ends.isArray() || endIds.stream().anyMatch(id -> id < 0)) {
            throw new ModelException(folder.resolve(CONFIG) + ": eos_token_id: expected ids, found " + ends);
        }
        fingerprint = text(folder, config, "fingerprint");
        precision = text(folder, config, "precision");
        hashes = config.path("humpback").path(HASHES);
        texts = ModelTexts.read(folder);
        String made = GraphFile.check(graph(), WEIGHTS).get("fingerprint");
        if (!fingerprint.equals(made)) {
            throw new ModelException(
                    graph() + ": fingerprint " + made + ", expected " + fingerprint + ", as " + CONFIG + " says");
        }
    }

    static boolean isAt(Path path) {
        return Files.isRegularFile(path.resolve(GRAPH));
    }

    static ExportedModel read(Path folder) throws IOException {
        return new ExportedModel(folder);
    }

    /** Notes the hashes of a folder that was just written. */
    static void seal(Path folder) throws IOException {
        Path file = folder.resolve(CONFIG);
        ObjectNode config = (ObjectNode) JSON.readTree(file.toFile());
        ObjectNode hashes = config.withObject("/humpback").putObject(HASHES);
        for (String name : List.of(GRAPH, WEIGHTS)) {
            hashes.put(name, hash(folder.resolve(name)));
        }
        Files.writeString(file, Json.pretty(config));
    }

    /** {@return this; a {@link ModelException} if graph or weights are not those that were written} */
    ExportedModel proved() throws IOException {
        for (String name : List.of(GRAPH, WEIGHTS)) {
            String expected = hashes.path(name).asText("none");
            String found = hash(folder.resolve(name));
            if (!found.equals(expected)) {
                throw new ModelException(folder.resolve(name) + ": SHA-256 " + found + ", expected " + expected
                        + ", which " + CONFIG + " notes: changed since it was exported");
            }
        }
        return this;
    }

    /** {@return the SHA-256 of a file's content, of a large one's of its size and blocks that are spread over it} */
    static String hash(Path file) throws IOException {
        MessageDigest digest = Sha256.digest();
        try (FileChannel channel = FileChannel.open(file)) {
            long blocks = (channel.size() + BLOCK - 1) / BLOCK;
            long read = Math.min(blocks, WHOLE_GIB * 1024L);
            if (read < blocks) {
                digest.update(Long.toString(channel.size()).getBytes(StandardCharsets.US_ASCII));
            }
            ByteBuffer block = ByteBuffer.allocate(BLOCK);
            for (long i = 0; i < read; i++) {
                long at = (read == blocks ? i : i * (blocks - 1) / (read - 1)) * BLOCK;
                block.clear();
                while (block.hasRemaining() && channel.read(block, at + block.position()) > 0) {}
                digest.update(block.flip());
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static JsonNode config(Path file) throws IOException {
        String text = ModelTexts.text(file);
        try {
            JsonNode config = text == null ? JSON.missingNode() : JSON.readTree(text);
            if (!config.path("humpback").isObject()) {
                throw new ModelException(file + ": expected the object \"humpback\" of a folder written by an export");
            }
            return config;
        } catch (JsonProcessingException e) {
            throw new ModelException(file + ": not JSON: " + e.getOriginalMessage(), e);
        }
    }

    private static int number(Path folder, JsonNode config, String name) {
        JsonNode value = config.path(name);
        if (!value.isInt() || value.asInt() < 1) {
            throw new ModelException(
                    folder.resolve(CONFIG) + ": " + name + ": expected a positive number, found " + value);
        }
        return value.asInt();
    }

    private static String text(Path folder, JsonNode config, String name) {
        JsonNode value = config.path("humpback").path(name);
        if (!value.isTextual()) {
            throw new ModelException(
                    folder.resolve(CONFIG) + ": humpback." + name + ": expected a text, found " + value);
        }
        return value.asText();
    }

    Path graph() {
        return folder.resolve(GRAPH);
    }

    /** {@return a decoder of its whole generations on a device} */
    Decoder decoderOn(CudaDevice device, boolean sharing, int batch) {
        try {
            JsonNode config = config(folder.resolve(CONFIG));
            long bytes = device.memoryBeside(Files.size(folder.resolve(WEIGHTS))) / 2; // the rest for what lies between
            int layers = number(folder, config, "num_hidden_layers");
            int heads = number(folder, config, "num_attention_heads");
            int size = number(folder, config, "head_dim");
            int keyHeads = number(folder, config, "num_key_value_heads");
            if (config.path("humpback").path(BLOCKS).asBoolean()) {
                int width = Math.max(
                        2 * number(folder, config, "intermediate_size"),
                        Math.max(number(folder, config, "hidden_size"), (heads + 2 * keyHeads) * size));
                PagedDecoder.Memory memory = new PagedDecoder.Memory(
                        bytes, layers, keyHeads, size, PagedDecoder.block(size), width, vocabulary, Short.BYTES);
                return PagedDecoder.open(graph(), device.number(), 0, sharing, batch, memory);
            }
            int elementBytes = precision.equals(Precision.FP32.key()) ? Float.BYTES : Short.BYTES;
            LoopDecoder.Memory memory =
                    new LoopDecoder.Memory(bytes, heads, layers, keyHeads * size, vocabulary, elementBytes);
            return LoopDecoder.open(graph(), device.number(), 0, sharing, batch, memory);
        } catch (IOException e) {
            throw new ModelException(folder + ": " + e.getMessage(), e);
        }
    }

    @Override
    public int contextLength() {
        return contextLength;
    }

    @Override
    public int vocabulary() {
        return vocabulary;
    }

    @Override
    public LlamaConfig.@Nullable Reward reward() {
        return reward;
    }

    @Override
    public List<Integer> endIds() {
        return endIds;
    }

    @Override
    public String fingerprint() {
        return fingerprint;
    }

    @Override
    public String precision() {
        return precision;
    }

    @Override
    public ModelTexts texts() {
        return texts;
    }

    /** Deletes what was written for one load; where the system still holds a file, when the JVM ends. */
    static void delete(Path folder) throws IOException {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> listed = Files.list(folder)) {
            listed.forEach(files::add);
        }
        files.add(folder);
        for (Path file : files) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                file.toFile().deleteOnExit();
            }
        }
    }
}
