package io.humpback.onnx;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.onnx.checkpoint.DType;
import io.humpback.onnx.checkpoint.HuggingFaceConfig;
import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** Checkpoints of every family, with sizes, settings and weights drawn from a seed. */
final class RandomFamily {

    private final String family;
    private final boolean told;
    private final Random random;
    private final ObjectNode json = JsonNodeFactory.instance.objectNode();

    private RandomFamily(String family, long seed, boolean told) {
        this.family = family;
        this.told = told;
        this.random = new Random(31 * seed + family.hashCode());
    }

    /**
     * {@return a folder with a checkpoint}
     *
     * @param folder is made
     * @param family as {@code model_type} names it
     * @param vocabulary the number of ids; 0 for any
     * @param told whether only settings are drawn that a GGUF file can tell
     */
    static Path write(Path folder, String family, long seed, int vocabulary, boolean told) throws IOException {
        return new RandomFamily(family, seed, told).write(Files.createDirectories(folder), vocabulary);
    }

    private int one(int... of) {
        return of[random.nextInt(of.length)];
    }

    private double two(double from, double to) {
        return Math.round((from + random.nextDouble() * (to - from)) * 100) / 100.0;
    }

    private Path write(Path folder, int vocabulary) throws IOException {
        int heads = one(1, 2, 3, 4, 6);
        int layers = told ? 7 + random.nextInt(2) : 1 + random.nextInt(7);
        int headDim = one(16, 32, 48, 64); // the runtime's attention takes no others
        json.put("model_type", family)
                .put("vocab_size", vocabulary == 0 ? 41 + random.nextInt(90) : vocabulary)
                .put("hidden_size", 4 * (5 + random.nextInt(20)))
                .put("intermediate_size", 4 * (4 + random.nextInt(30)))
                .put("num_hidden_layers", layers)
                .put("num_attention_heads", heads)
                .put("num_key_value_heads", heads % 3 == 0 ? one(1, 3, heads) : one(1, heads))
                .put("head_dim", headDim)
                .put("max_position_embeddings", 1024)
                .put("rms_norm_eps", random.nextBoolean() ? 1e-5 : 1e-6)
                .put("tie_word_embeddings", random.nextBoolean())
                .put("rope_theta", (double) one(10_000, 500_000, 1_000_000))
                .put("bos_token_id", 0)
                .put("eos_token_id", 1);
        settings(layers, headDim);
        Files.writeString(folder.resolve("config.json"), json.toPrettyString());
        LlamaConfig config = HuggingFaceConfig.read(folder.resolve("config.json"), json.deepCopy(), null, DType.F32);
        SafetensorsWriter writer = new SafetensorsWriter();
        config.forEachTensor((name, shape) -> {
            float[] values = new float[(int) (shape[0] * (shape.length == 1 ? 1 : shape[1]))];
            boolean norm = name.part().isNorm();
            double mean = norm && !config.features().normsLackOne() ? 1 : 0;
            double deviation = shape.length == 1 ? 0.3 : 1.3 / Math.sqrt(shape[1]);
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (mean + deviation * random.nextGaussian());
            }
            writer.add(config.inFolder(name), values, shape);
        });
        writer.write(folder.resolve("model.safetensors"));
        return folder;
    }

    private void settings(int layers, int headDim) {
        switch (family) {
            case "llama" -> {
                biases();
                scaling(one(0, 1, 2, 3));
            }
            case "qwen2", "qwen3" -> {
                if (family.equals("qwen3")) {
                    json.put("attention_bias", random.nextBoolean());
                }
                if (!told && random.nextBoolean()) {
                    json.put("use_sliding_window", true).put("sliding_window", window());
                    json.put("max_window_layers", random.nextInt(layers + 1));
                }
                scaling(one(0, 0, 3));
            }
            case "smollm3" -> {
                biases();
                if (!told) {
                    flags("no_rope_layers", layers);
                    if (random.nextBoolean()) {
                        json.put("use_sliding_window", true).put("sliding_window", window());
                    }
                }
            }
            case "mistral" -> {
                if (told || random.nextInt(4) == 0) {
                    json.putNull("sliding_window");
                } else {
                    json.put("sliding_window", window());
                }
            }
            case "phi3" -> {
                json.put("partial_rotary_factor", random.nextBoolean() ? 1.0 : 0.5);
                json.remove("tie_word_embeddings");
                json.put("tie_word_embeddings", false);
                if (random.nextBoolean()) {
                    json.put("sliding_window", window());
                }
                if (random.nextBoolean()) {
                    longRope(headDim);
                }
            }
            case "granite" -> {
                biases();
                json.put("embedding_multiplier", two(0.5, 12));
                json.put("residual_multiplier", two(0.2, 1));
                json.put("attention_multiplier", two(0.05, 0.6));
                json.put("logits_scaling", two(0.5, 4));
            }
            default -> {
                json.put("sliding_window", window()).put("rope_local_base_freq", 10_000.0);
                json.put("query_pre_attn_scalar", told ? headDim : one(8, 20, 64));
                json.put("hidden_activation", "gelu_pytorch_tanh");
                if (random.nextBoolean()) {
                    ArrayNode types = json.putArray("layer_types");
                    for (int layer = 0; layer < layers; layer++) {
                        types.add(random.nextBoolean() ? "sliding_attention" : "full_attention");
                    }
                }
                if (random.nextBoolean()) {
                    json.putObject("rope_scaling").put("rope_type", "linear").put("factor", 8.0);
                }
            }
        }
    }

    private int window() {
        return one(1, 2, 5, 17, 64, 255, 300);
    }

    private void biases() {
        json.put("attention_bias", random.nextBoolean());
        json.put("mlp_bias", random.nextBoolean());
    }

    private void flags(String key, int count) {
        ArrayNode flags = json.putArray(key);
        for (int i = 0; i < count; i++) {
            flags.add(i == 0 ? 1 : random.nextInt(2));
        }
    }

    private void scaling(int kind) {
        ObjectNode scaling = kind == 0 ? null : json.putObject("rope_scaling");
        switch (kind) {
            case 1 -> scaling.put("rope_type", "linear").put("factor", 2.5);
            case 2 ->
                scaling.put("rope_type", "llama3")
                        .put("factor", 8.0)
                        .put("low_freq_factor", 1.0)
                        .put("high_freq_factor", 4.0)
                        .put("original_max_position_embeddings", 128);
            case 3 ->
                scaling.put("rope_type", "yarn")
                        .put("factor", 4.0)
                        .put("beta_fast", 16.0)
                        .put("original_max_position_embeddings", 256);
            default -> {}
        }
    }

    private void longRope(int headDim) {
        ObjectNode scaling = json.putObject("rope_scaling");
        scaling.put("rope_type", "longrope").put("original_max_position_embeddings", 512);
        int pairs = (int) (headDim * json.path("partial_rotary_factor").asDouble()) / 2;
        for (String key : new String[] {"short_factor", "long_factor"}) {
            ArrayNode factors = scaling.putArray(key);
            for (int i = 0; i < pairs; i++) {
                factors.add(two(1, 3));
            }
        }
    }
}
