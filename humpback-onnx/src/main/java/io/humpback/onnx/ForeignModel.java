package io.humpback.onnx;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.internal.FileKind;
import io.humpback.internal.Sha256;
import io.humpback.model.ModelException;
import io.humpback.onnx.checkpoint.Json;
import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.checkpoint.Refusal;
import io.humpback.onnx.folder.GraphFile;
import io.humpback.onnx.past.PastDecoder;
import io.humpback.onnx.past.PastNames;
import io.humpback.onnx.run.Decoder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A decoder that others exported: a folder as optimum or onnxruntime-genai's builder write it, or with variants of the graph
 * in {@code onnx/} as those of onnx-community have it; or one of its graphs by name. Graph and weights are checked as those of an
 * {@link ExportedModel} are, but for hashes, of which there are none.
 */
final class ForeignModel implements ModelFacts {

    private static final String GENAI = "genai_config.json";
    private static final String GENERATION = "generation_config.json";
    private static final String SUFFIX = ".onnx";
    private static final String PLAIN = "model";

    private static final int MAX_CONFIG = 1 << 20;

    /** Operators that scale all tokens of a run by the same number: a token then depends on its company. */
    private static final Set<String> MIXING = Set.of("DynamicQuantizeLinear", "DynamicQuantizeMatMul");

    private final Path folder;
    private final Path graph;
    private final GraphFile.Content content;
    private final ObjectNode config;
    private final ObjectNode genai;
    private final ObjectNode generation;
    private final ModelTexts texts;
    private final String fingerprint;

    private ForeignModel(Path folder, Path graph) throws IOException {
        this.folder = folder;
        this.graph = graph;
        config = json(ExportedModel.CONFIG);
        generation = json(GENERATION);
        ObjectNode whole = json(GENAI);
        genai = whole.path("model") instanceof ObjectNode model ? model : whole;
        if (config.path("is_encoder_decoder").asBoolean() || genai.has("encoder")) {
            throw Refusal.of(folder, "an encoder-decoder, expected a decoder alone");
        }
        texts = ModelTexts.read(folder);
        if (FileKind.isLfsPointer(graph)) {
            throw new ModelException(graph + ": " + FileKind.LFS_POINTER);
        }
        content = GraphFile.check(graph);
        fingerprint = digest();
    }

    /** {@return whether there is such a model, and no checkpoint to prefer, at a path} */
    static boolean isAt(Path path) {
        try {
            return isThere(path);
        } catch (IOException e) {
            throw new UncheckedIOException(path.toString(), e);
        }
    }

    private static boolean isThere(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            return path.toString().endsWith(SUFFIX);
        }
        if (Files.exists(path.resolve(GENAI))) {
            return true;
        }
        if (Files.exists(path.resolve("model.safetensors"))
                || Files.exists(path.resolve("model.safetensors.index.json"))) {
            return false;
        }
        if (!graphs(path.resolve("onnx")).isEmpty()) {
            return true;
        }
        Path config = path.resolve(ExportedModel.CONFIG);
        return !graphs(path).isEmpty()
                && Files.isRegularFile(config)
                && !Files.readString(config, StandardCharsets.ISO_8859_1).contains("\"humpback\"")
                && Files.readString(config, StandardCharsets.ISO_8859_1).contains("\"model_type\"");
    }

    /**
     * {@return the model at a path}
     *
     * @param path a folder, or a graph in it or in its {@code onnx/}
     * @param precision chooses among several graphs; null for the plain one
     */
    static ForeignModel read(Path path, @Nullable Precision precision) throws IOException {
        if (!Files.isDirectory(path)) {
            Path parent = path.resolveSibling("");
            boolean inside = !Files.exists(parent.resolve(ExportedModel.TOKENIZER)) && parent.endsWith("onnx");
            return new ForeignModel(inside ? parent.resolveSibling("") : parent, path);
        }
        return new ForeignModel(path, graph(path, precision));
    }

    private static Path graph(Path folder, @Nullable Precision precision) throws IOException {
        Path genai = folder.resolve(GENAI);
        if (Files.exists(genai)) {
            String name = Json.object(genai, Json.text(genai, MAX_CONFIG))
                    .at("/model/decoder/filename")
                    .asText();
            if (!name.matches("\\w[\\w.\\-]*")) {
                throw Refusal.of(genai, "model.decoder.filename \"" + name + "\", expected the plain name of a file");
            }
            return folder.resolve(name);
        }
        List<Path> graphs = graphs(folder.resolve("onnx"));
        graphs = graphs.isEmpty() ? graphs(folder) : graphs;
        List<String> names =
                graphs.stream().map(file -> file.getFileName().toString()).toList();
        if (names.stream().anyMatch(name -> name.startsWith("encoder_model"))) {
            throw Refusal.of(folder, "an encoder-decoder (" + String.join(", ", names) + "), expected a decoder alone");
        }
        if (graphs.size() == 1) {
            return graphs.get(0);
        }
        for (String variant : variants(precision)) {
            int at = names.indexOf(variant + SUFFIX);
            if (at >= 0) {
                return graphs.get(at);
            }
        }
        throw Refusal.of(
                folder,
                "graphs " + String.join(", ", names) + ": none is " + String.join(SUFFIX + " or ", variants(precision))
                        + SUFFIX + ", expected another precision, or the name of one in place of the folder");
    }

    /** {@return names of graphs without their end, the best first} */
    private static List<String> variants(@Nullable Precision precision) {
        if (precision == null) {
            return List.of(PLAIN);
        }
        return switch (precision) {
            case FP32 -> List.of(PLAIN);
            case BF16 -> List.of(PLAIN + "_bf16");
            case INT8 -> List.of(PLAIN + "_int8", PLAIN + "_quantized", PLAIN + "_uint8");
            case INT4 -> List.of(PLAIN + "_q4", PLAIN + "_q4f16", PLAIN + "_bnb4");
        };
    }

    private static List<Path> graphs(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(SUFFIX))
                    .sorted()
                    .toList();
        }
    }

    private ObjectNode json(String name) throws IOException {
        Path file = folder.resolve(name);
        return Files.exists(file)
                ? Json.object(file, Json.text(file, MAX_CONFIG))
                : JsonNodeFactory.instance.objectNode();
    }

    /** {@return the SHA-256 of names and contents of graph, weights and texts} */
    private String digest() throws IOException {
        List<Path> files = new ArrayList<>(List.of(graph));
        files.addAll(content.weights());
        for (String name : List.of(
                ExportedModel.TOKENIZER,
                ExportedModel.TOKENIZER_CONFIG,
                ExportedModel.TEMPLATE,
                ExportedModel.CONFIG,
                GENERATION,
                GENAI)) {
            if (Files.exists(folder.resolve(name))) {
                files.add(folder.resolve(name));
            }
        }
        MessageDigest digest = Sha256.digest();
        for (Path file : files) {
            String line = file.getFileName() + " " + ExportedModel.hash(file) + "\n";
            digest.update(line.getBytes(StandardCharsets.UTF_8));
        }
        return HexFormat.of().formatHex(digest.digest()) + "-" + precision();
    }

    /** {@return what computes with its graph} */
    Decoder decoder(LoadOptions options) {
        Device device = options.device();
        return PastDecoder.open(
                graph,
                device.cuda(),
                device.threads(),
                names(),
                vocabulary(),
                width(),
                options.prefixSharing() && content.operators().stream().noneMatch(MIXING::contains));
    }

    private PastNames names() {
        PastNames usual = PastNames.USUAL;
        JsonNode inputs = genai.at("/decoder/inputs");
        JsonNode outputs = genai.at("/decoder/outputs");
        return new PastNames(
                inputs.path("input_ids").asText(usual.ids()),
                inputs.path("attention_mask").asText(usual.mask()),
                inputs.path("position_ids").asText(usual.positions()),
                inputs.path("past_key_names").asText(usual.pastKey()),
                inputs.path("past_value_names").asText(usual.pastValue()),
                outputs.path("logits").asText(usual.logits()),
                outputs.path("present_key_names").asText(usual.presentKey()),
                outputs.path("present_value_names").asText(usual.presentValue()));
    }

    /** {@return what config.json says of the language model} */
    private JsonNode language() {
        return config.path("text_config").isObject() ? config.path("text_config") : config;
    }

    /** {@return the width of a head, 0 where nothing says it} */
    private int width() {
        JsonNode language = language();
        int heads = language.path("num_attention_heads").asInt();
        int own = language.path("head_dim")
                .asInt(heads == 0 ? 0 : language.path("hidden_size").asInt() / heads);
        return genai.at("/decoder/head_size").asInt(own);
    }

    @Override
    public int contextLength() {
        return number("max_position_embeddings", "context_length");
    }

    @Override
    public int vocabulary() {
        return number("vocab_size", "vocab_size");
    }

    private int number(String key, String genaiKey) {
        JsonNode own = language().path(key);
        JsonNode value = own.isMissingNode() ? genai.path(genaiKey) : own;
        if (!value.isInt() || value.intValue() < 1) {
            throw Refusal.of(
                    folder,
                    key + " = " + Json.shown(value) + " in " + ExportedModel.CONFIG + " or " + GENAI
                            + ", expected a positive number");
        }
        return value.intValue();
    }

    @Override
    public List<Integer> endIds() {
        for (JsonNode source : List.of(genai, generation, language(), config)) {
            JsonNode ends = source.path("eos_token_id");
            if (!ends.isMissingNode() && !ends.isNull()) {
                Set<Integer> ids = new TreeSet<>();
                for (JsonNode id : ends.isArray() ? ends : List.of(ends)) {
                    if (!id.isInt() || id.intValue() < 0 || id.intValue() >= vocabulary()) {
                        throw Refusal.of(folder, "eos_token_id = " + Json.shown(ends) + ", expected ids");
                    }
                    ids.add(id.intValue());
                }
                return List.copyOf(ids);
            }
        }
        return List.of();
    }

    @Override
    public String fingerprint() {
        return fingerprint;
    }

    /** {@return what the graph's name says, such as q4; onnx for nothing} */
    @Override
    public String precision() {
        String name = graph.getFileName().toString().replace(SUFFIX, "");
        return name.startsWith(PLAIN + "_") ? name.substring(PLAIN.length() + 1) : "onnx";
    }

    @Override
    public LlamaConfig.@Nullable Reward reward() {
        return null;
    }

    @Override
    public ModelTexts texts() {
        return texts;
    }
}
