package io.humpback.onnx.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.BiPredicate;

/** A Llama of a few hundred weights as a folder or a GGUF file, to be damaged by tests. */
public final class TinyLlama {

    public static final LlamaConfig CONFIG = new LlamaConfig(
            10,
            8,
            6,
            2,
            2,
            1,
            4,
            32,
            new LlamaConfig.Features(1e-5, false, new Rope(10_000, null)),
            OptionalInt.of(1),
            List.of(2),
            DType.F32);

    private TinyLlama() {}

    public static ObjectNode config() {
        return new ObjectMapper()
                .createObjectNode()
                .put("model_type", "llama")
                .put("vocab_size", 10)
                .put("hidden_size", 8)
                .put("intermediate_size", 6)
                .put("num_hidden_layers", 2)
                .put("num_attention_heads", 2)
                .put("num_key_value_heads", 1)
                .put("max_position_embeddings", 32)
                .put("rms_norm_eps", 1e-5)
                .put("bos_token_id", 1)
                .put("eos_token_id", 2);
    }

    /** {@return a writer with all weights of the model that pass} */
    public static SafetensorsWriter weights(BiPredicate<WeightName, long[]> filter) {
        SafetensorsWriter writer = new SafetensorsWriter();
        CONFIG.forEachTensor((name, shape) -> {
            if (filter.test(name, shape)) {
                writer.add(name.toString(), values(name, shape), shape);
            }
        });
        return writer;
    }

    private static float[] values(WeightName name, long[] shape) {
        float[] values = new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
        for (int i = 0; i < values.length; i++) {
            values[i] = name.toString().hashCode() % 100 + i;
        }
        return values;
    }

    public static void folder(Path folder, ObjectNode config, SafetensorsWriter weights) throws IOException {
        Files.writeString(folder.resolve("config.json"), config.toString());
        weights.write(folder.resolve("model.safetensors"));
    }

    /** {@return the model as a GGUF file; q and k rows are as they come, not permuted} */
    public static GgufBuilder gguf() {
        GgufBuilder builder = new GgufBuilder()
                .key("general.architecture", "llama")
                .key("llama.block_count", 2)
                .key("llama.context_length", 32)
                .key("llama.embedding_length", 8)
                .key("llama.feed_forward_length", 6)
                .key("llama.attention.head_count", 2)
                .key("llama.attention.head_count_kv", 1)
                .key("llama.attention.layer_norm_rms_epsilon", 1e-5f)
                .key("tokenizer.ggml.bos_token_id", 1)
                .key("tokenizer.ggml.eos_token_id", 2);
        CONFIG.forEachTensor((name, shape) -> builder.tensor(
                name.toString()
                        .replace("model.embed_tokens", "token_embd")
                        .replace("model.norm", "output_norm")
                        .replace("lm_head", "output")
                        .replace("model.layers", "blk")
                        .replace("input_layernorm", "attn_norm")
                        .replace("post_attention_layernorm", "ffn_norm")
                        .replace("self_attn.o_proj", "attn_output")
                        .replace("self_attn.", "attn_")
                        .replace("mlp.", "ffn_")
                        .replace("_proj", ""),
                0,
                bytes(values(name, shape)),
                shape.length == 1 ? shape : new long[] {shape[1], shape[0]}));
        return builder;
    }

    public static byte[] bytes(float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return bytes.array();
    }
}
