package io.humpback.onnx.checkpoint;

import io.humpback.internal.Sha256;
import io.humpback.onnx.checkpoint.Checkpoint.TextFiles;
import io.humpback.onnx.checkpoint.WeightName.Part;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Opens a GGUF file of an architecture that is a Llama with some differences; keys and tensors are those of ggml's {@code gguf.md} and
 * llama.cpp ({@code llama-arch.cpp}), and so are the settings that a file leaves out.
 */
final class GgufLlama {

    private static final String ROPE_DIVISORS = "rope_freqs.weight";
    private static final String SHORT_DIVISORS = "rope_factors_short.weight";
    private static final String LONG_DIVISORS = "rope_factors_long.weight";

    private static final double DEFAULT_THETA = 10_000;

    /** Blocks of which each is described for itself. */
    private static final int MOST_BLOCKS = 10_000;

    /** The architectures, what {@code model_type} calls them, and whether the halves of queries' and keys' heads are interleaved. */
    private enum Architecture {
        LLAMA("llama", true),
        QWEN2("qwen2", false),
        QWEN3("qwen3", false),
        SMOLLM3("smollm3", true),
        PHI3("phi3", false, "attention.sliding_window", "rope.scaling.attn_factor"),
        GRANITE("granite", true, "attention.scale", "embedding_scale", "residual_scale", "logit_scale"),
        GEMMA3(
                "gemma3_text",
                false,
                "attention.sliding_window",
                "attention.sliding_window_pattern",
                "rope.freq_base_swa");

        private final String family;
        private final boolean interleaved;
        private final Set<String> reads;

        Architecture(String family, boolean interleaved, String... reads) {
            this.family = family;
            this.interleaved = interleaved;
            this.reads = Set.of(reads);
        }

        String key() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** {@return what all its models have beside the parts of a Llama} */
        Set<Part> additional() {
            return switch (this) {
                case QWEN2 -> EnumSet.of(Part.Q_BIAS, Part.K_BIAS, Part.V_BIAS);
                case QWEN3 -> EnumSet.of(Part.Q_NORM, Part.K_NORM);
                case GEMMA3 ->
                    EnumSet.of(Part.Q_NORM, Part.K_NORM, Part.ATTENTION_OUTPUT_NORM, Part.FEED_FORWARD_OUTPUT_NORM);
                default -> Set.of();
            };
        }
    }

    /** Parts whose heads have their halves interleaved, where the architecture has that. */
    private static final Set<Part> INTERLEAVED = EnumSet.of(Part.Q, Part.Q_BIAS, Part.K, Part.K_BIAS);

    /** Keys under the architecture's name that are read below for all of them. */
    private static final Set<String> READ = Set.of(
            "vocab_size",
            "embedding_length",
            "feed_forward_length",
            "block_count",
            "context_length",
            "attention.head_count",
            "attention.head_count_kv",
            "attention.key_length",
            "attention.value_length",
            "attention.layer_norm_rms_epsilon",
            "rope.freq_base",
            "rope.dimension_count",
            "rope.scaling.type",
            "rope.scaling.factor",
            "rope.scaling.original_context_length",
            "rope.scaling.yarn_beta_fast",
            "rope.scaling.yarn_beta_slow");

    /** Keys that are only understood at the value which changes nothing; null where any value changes nothing. */
    private static final Map<String, @Nullable Object> NEUTRAL = neutral();

    private static Map<String, @Nullable Object> neutral() {
        Map<String, @Nullable Object> neutral = new LinkedHashMap<>();
        neutral.put("rope.scale_linear", 1.0);
        neutral.put("rope.scaling.finetuned", null);
        neutral.put("attention.sliding_window", 0.0);
        neutral.put("attention.causal", true);
        neutral.put("expert_count", 0.0);
        neutral.put("expert_used_count", 0.0);
        neutral.put("tensor_data_layout", "Meta AI original pth");
        return neutral;
    }

    private final Gguf file;
    private final Map<String, Object> metadata;

    private final Architecture architecture;

    private GgufLlama(Gguf file) {
        this.file = file;
        this.metadata = file.metadata();
        Object name = metadata.get("general.architecture");
        Architecture found = null;
        for (Architecture known : Architecture.values()) {
            found = known.key().equals(name) ? known : found;
        }
        if (found == null) {
            throw Refusal.of(
                    file.path(),
                    "general.architecture " + shown(name) + ", expected one of "
                            + Arrays.toString(Architecture.values()).toLowerCase(Locale.ROOT));
        }
        architecture = found;
    }

    static Checkpoint open(Path path) throws IOException {
        Gguf file = GgufParts.open(path);
        try {
            return new GgufLlama(file).open();
        } catch (RuntimeException | Error e) {
            file.close();
            throw e;
        }
    }

    private Checkpoint open() {
        requireKnownKeys();
        LlamaConfig config = config();
        Map<WeightName, Tensor> tensors = LlamaCheckpoint.select(
                file.path(),
                config,
                file.names(),
                GgufLlama::storedName,
                file::tensor,
                Set.of(ROPE_DIVISORS, SHORT_DIVISORS, LONG_DIVISORS)::contains);
        if (architecture.interleaved) {
            tensors.replaceAll((name, tensor) -> INTERLEAVED.contains(name.part()) ? unpaired(tensor, config) : tensor);
        }
        return new LlamaCheckpoint(
                file.path(), config, tensors, new TextFiles(null, null, null, metadata), file.files(), Sha256.digest());
    }

    private Tensor unpaired(Tensor tensor, LlamaConfig config) {
        require(
                tensor.shape().length > 1 || tensor.dtype() == DType.F32,
                "tensor " + tensor + " is not supported, expected a bias of heads in F32");
        return tensor.unpaired(config.headDim());
    }

    private static String storedName(WeightName name) {
        String part =
                switch (name.part()) {
                    case EMBEDDING -> "token_embd";
                    case INPUT_NORM -> "attn_norm";
                    case Q, Q_BIAS -> "attn_q";
                    case K, K_BIAS -> "attn_k";
                    case V, V_BIAS -> "attn_v";
                    case Q_NORM -> "attn_q_norm";
                    case K_NORM -> "attn_k_norm";
                    case O, O_BIAS -> "attn_output";
                    case ATTENTION_OUTPUT_NORM -> "post_attention_norm";
                    case FEED_FORWARD_NORM -> "ffn_norm";
                    case GATE, GATE_BIAS -> "ffn_gate";
                    case UP, UP_BIAS, GATE_UP -> "ffn_up";
                    case DOWN, DOWN_BIAS -> "ffn_down";
                    case FEED_FORWARD_OUTPUT_NORM -> "post_ffw_norm";
                    case FINAL_NORM -> "output_norm";
                    case HEAD -> "output";
                    case SCORE -> "cls.output";
                    case QKV -> "attn_qkv";
                };
        boolean bias = name.part().isVector() && !name.part().isNorm();
        return (name.layer() == WeightName.NO_LAYER ? "" : "blk." + name.layer() + ".")
                + part
                + (bias ? ".bias" : ".weight");
    }

    private void requireKnownKeys() {
        Object type = metadata.getOrDefault("general.type", "model");
        require(type.equals("model"), "general.type = " + shown(type) + " is not supported, expected model");
        String prefix = architecture.key() + ".";
        metadata.forEach((key, value) -> {
            String own = key.startsWith(prefix) ? key.substring(prefix.length()) : "";
            if (own.isEmpty() || READ.contains(own) || architecture.reads.contains(own)) {
                return;
            }
            require(NEUTRAL.containsKey(own), "metadata " + Refusal.shown(key) + " is not supported");
            // of a Granite it tells whether there is a position embedding at all
            boolean telling = architecture == Architecture.GRANITE && own.equals("rope.scaling.finetuned");
            Object neutral = telling ? (Object) true : NEUTRAL.get(own);
            Object found = value instanceof Number number ? (Object) number.doubleValue() : value;
            require(
                    neutral == null || neutral.equals(found),
                    key + " = " + shown(value) + " is not supported, expected " + neutral);
        });
    }

    /** {@return a key of the architecture as the file has it} */
    private String own(String key) {
        return architecture.key() + "." + key;
    }

    private LlamaConfig config() {
        int hiddenSize = integer(own("embedding_length"), null);
        int heads = integer(own("attention.head_count"), null);
        int kvHeads = integer(own("attention.head_count_kv"), heads);
        require(
                heads % kvHeads == 0,
                own("attention.head_count") + " " + heads + ": expected a multiple of head_count_kv " + kvHeads);
        require(
                metadata.containsKey(own("attention.key_length")) || hiddenSize % heads == 0,
                own("embedding_length") + " " + hiddenSize + ": expected a multiple of head_count " + heads
                        + " where there is no key_length");
        int headDim = integer(own("attention.key_length"), Math.max(1, hiddenSize / heads));
        require(headDim % 2 == 0, own("attention.key_length") + " " + headDim + ": expected an even number");
        int value = integer(own("attention.value_length"), headDim);
        require(
                value == headDim,
                own("attention.value_length") + " " + value + " is not supported, expected the size of a head, "
                        + headDim);
        int vocabSize = integer(own("vocab_size"), vocabSizeOfEmbedding());
        List<Integer> ends = new ArrayList<>();
        for (String key : List.of("eos_token_id", "eot_token_id", "eom_token_id")) {
            OptionalInt id = id("tokenizer.ggml." + key, vocabSize);
            if (id.isPresent() && !ends.contains(id.getAsInt())) {
                ends.add(id.getAsInt());
            }
        }
        int layers = integer(own("block_count"), null);
        int positions = integer(own("context_length"), null);
        if (file.names().contains(SHORT_DIVISORS)) { // which hold up to the original context
            positions = Math.min(positions, integer(own("rope.scaling.original_context_length"), positions));
        }
        return new LlamaConfig(
                vocabSize,
                hiddenSize,
                integer(own("feed_forward_length"), null),
                layers,
                heads,
                kvHeads,
                headDim,
                positions,
                features(hiddenSize, heads, layers, headDim),
                id("tokenizer.ggml.bos_token_id", vocabSize),
                ends,
                LlamaCheckpoint.storage(file.names().stream().map(file::tensor).toList()));
    }

    /** Gemma's norms are stored as they are used, other than in its folders. */
    private LlamaConfig.Features features(int hiddenSize, int heads, int layers, int headDim) {
        return new LlamaConfig.Features(
                architecture.family,
                number(own("attention.layer_norm_rms_epsilon"), null),
                !file.names().contains(storedName(WeightName.HEAD)),
                sights(layers, headDim),
                optional(),
                architecture == Architecture.PHI3,
                false,
                architecture == Architecture.GEMMA3 ? LlamaConfig.Activation.GELU_TANH : LlamaConfig.Activation.SILU,
                scales(hiddenSize, heads, layers, headDim),
                null);
    }

    /** {@return the additional parts of the architecture, and the biases that the first block has} */
    private Set<Part> optional() {
        Set<Part> optional = EnumSet.noneOf(Part.class);
        optional.addAll(architecture.additional());
        for (Part part : Part.OF_BLOCK) {
            if (part.isVector() && !part.isNorm() && file.names().contains(storedName(new WeightName(0, part)))) {
                optional.add(part);
            }
        }
        return optional;
    }

    private LlamaConfig.Scales scales(int hiddenSize, int heads, int layers, int headDim) {
        return switch (architecture) {
            case GRANITE ->
                new LlamaConfig.Scales(
                        number(own("embedding_scale"), 1.0),
                        number(own("residual_scale"), 1.0),
                        metadata.containsKey(own("attention.scale")) ? number(own("attention.scale"), null) : 0,
                        1 / number(own("logit_scale"), 1.0));
            case GEMMA3 -> { // of 27 billion parameters queries are scaled by another size than that of a head
                double size = layers == 62 ? (double) hiddenSize / heads : headDim;
                yield new LlamaConfig.Scales(Math.sqrt(hiddenSize), 1, 1 / Math.sqrt(size), 1);
            }
            default -> LlamaConfig.Scales.NONE;
        };
    }

    private List<LlamaConfig.Sight> sights(int layers, int headDim) {
        int rotating = rotating(headDim);
        double share = (double) rotating / headDim;
        while ((int) (headDim * share) < rotating) {
            share = Math.nextUp(share);
        }
        Rope rope = new Rope(number(own("rope.freq_base"), DEFAULT_THETA), share, scaling(rotating));
        boolean windowed = architecture == Architecture.PHI3 || architecture == Architecture.GEMMA3;
        Object given = metadata.get(own("attention.sliding_window"));
        int window =
                windowed && given != null && !given.equals(0L) ? integer(own("attention.sliding_window"), null) : 0;
        return switch (architecture) {
            case SMOLLM3 ->
                alternating(
                        layers,
                        layer -> (layer + 1) % 4 != 0,
                        new LlamaConfig.Sight(rope, 0),
                        new LlamaConfig.Sight(null, 0));
            case GEMMA3 -> {
                LlamaConfig.Sight all = new LlamaConfig.Sight(rope, 0);
                Rope near = new Rope(number(own("rope.freq_base_swa"), DEFAULT_THETA), null);
                yield window == 0
                        ? List.of(all)
                        : alternating(layers, windowed(layers), new LlamaConfig.Sight(near, window), all);
            }
            default -> List.of(new LlamaConfig.Sight(rope, window));
        };
    }

    /** {@return which blocks have a window: as a list tells, or all but one of so many, the last of them} */
    private IntPredicate windowed(int layers) {
        String key = own("attention.sliding_window_pattern");
        if (metadata.get(key) instanceof boolean[] each) {
            require(each.length == layers, key + ": " + each.length + " entries, expected " + layers);
            return layer -> each[layer];
        }
        int one = integer(key, 6);
        return layer -> (layer + 1) % one != 0;
    }

    /** {@return for each block how its tokens see others, in one of two ways} */
    private List<LlamaConfig.Sight> alternating(
            int layers, IntPredicate most, LlamaConfig.Sight those, LlamaConfig.Sight others) {
        require(layers <= MOST_BLOCKS, own("block_count") + " " + layers + ": expected at most " + MOST_BLOCKS);
        List<LlamaConfig.Sight> sights = new ArrayList<>();
        for (int layer = 0; layer < layers; layer++) {
            sights.add(most.test(layer) ? those : others);
        }
        return sights;
    }

    private int rotating(int headDim) {
        int rotating = integer(own("rope.dimension_count"), headDim);
        require(
                architecture == Architecture.PHI3 ? rotating <= headDim && rotating % 2 == 0 : rotating == headDim,
                own("rope.dimension_count") + " " + rotating + " is not supported, expected the size of a head, "
                        + headDim);
        return rotating;
    }

    private Rope.@Nullable Scaling scaling(int rotating) {
        Object type = metadata.getOrDefault(own("rope.scaling.type"), "none");
        if (file.names().contains(ROPE_DIVISORS)) {
            require(type.equals("none"), own("rope.scaling.type") + " = " + shown(type) + " beside " + ROPE_DIVISORS);
            return new Rope.Divisors(divisors(ROPE_DIVISORS, rotating));
        }
        if (file.names().contains(SHORT_DIVISORS)) {
            return new Rope.Divisors(divisors(SHORT_DIVISORS, rotating), number(own("rope.scaling.attn_factor"), 1.0));
        }
        double factor = number(own("rope.scaling.factor"), 1.0);
        if (type.equals("linear") && factor >= 1) {
            return factor == 1 ? null : new Rope.Linear(factor);
        }
        if (type.equals("yarn") && factor > 1) {
            int original = integer(own("rope.scaling.original_context_length"), null);
            double slow = number(own("rope.scaling.yarn_beta_slow"), 1.0);
            double fast = number(own("rope.scaling.yarn_beta_fast"), 32.0);
            require(slow < fast, own("rope.scaling.yarn_beta_slow") + " " + slow + ": expected below " + fast);
            return new Rope.Yarn(factor, slow, fast, original, 0.1 * Math.log(factor) + 1, true);
        }
        require(
                type.equals("none") || type.equals("linear") || type.equals("yarn"),
                own("rope.scaling.type") + " = " + shown(type) + " is not supported, expected none, linear or yarn");
        require(factor == 1, own("rope.scaling.factor") + " = " + factor + " is not supported, expected 1 or more");
        return null;
    }

    private @Nullable Integer vocabSizeOfEmbedding() {
        String name = storedName(WeightName.EMBEDDING);
        if (!file.names().contains(name)) {
            return null;
        }
        long rows = file.tensor(name).rows();
        require(rows >= 1 && rows <= Integer.MAX_VALUE, name + ": " + rows + " rows, expected 1 to 2^31 - 1");
        return (int) rows;
    }

    private List<Float> divisors(String name, int rotating) {
        Tensor tensor = file.tensor(name);
        require(
                tensor.hasShape(rotating / 2),
                "tensor " + tensor + ": expected one number for each of " + rotating / 2 + " frequencies");
        float[] values = new float[rotating / 2];
        tensor.floats(0, 1, values, 0);
        List<Float> divisors = new ArrayList<>();
        for (float value : values) {
            require(
                    value > 0 && value < Float.POSITIVE_INFINITY,
                    "tensor " + name + ": " + value + ", expected numbers above 0");
            divisors.add(value);
        }
        return divisors;
    }

    private int integer(String key, @Nullable Integer otherwise) {
        Object value = metadata.get(key);
        if (value == null && otherwise != null) {
            return otherwise;
        }
        long number = value instanceof Long whole ? whole : 0;
        require(
                number >= 1 && number <= Integer.MAX_VALUE,
                key + " = " + shown(value) + ", expected a whole number from 1 on");
        return (int) number;
    }

    /** A single-precision number is taken for the decimal it was written as: 1e-5, not 9.99999975e-6. */
    private double number(String key, @Nullable Double otherwise) {
        Object value = metadata.get(key);
        if (value == null && otherwise != null) {
            return otherwise;
        }
        double number = value instanceof Float || value instanceof Double ? Double.parseDouble(value.toString()) : 0;
        require(
                number > 0 && number < Double.POSITIVE_INFINITY,
                key + " = " + shown(value) + ", expected a floating-point number above 0");
        return number;
    }

    private OptionalInt id(String key, int vocabSize) {
        Object value = metadata.get(key);
        if (value == null) {
            return OptionalInt.empty();
        }
        require(
                value instanceof Long id && id >= 0 && id < vocabSize,
                key + " = " + shown(value) + ", expected an id from 0 to " + (vocabSize - 1));
        return OptionalInt.of(((Long) value).intValue());
    }

    private static String shown(@Nullable Object value) {
        if (value == null) {
            return "(absent)";
        }
        return value instanceof Number || value instanceof Boolean
                ? value.toString()
                : value instanceof String text ? Refusal.shown(text) : "an array";
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) {
            throw Refusal.of(file.path(), otherwise);
        }
    }
}
