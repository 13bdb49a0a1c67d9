package io.humpback.examples.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.onnx.checkpoint.DType;
import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.checkpoint.Rope;
import io.humpback.onnx.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.SplittableRandom;

/**
 * A Llama with random BF16 weights in Hugging Face's layout, to see how a machine copes with a model of that size. Norms are
 * one, all else is normal noise of the configuration's {@code initializer_range}. Weights are made and written a megabyte
 * at a time; the same seed gives the same files.
 */
public final class RandomCheckpoint {

    private static final JsonMapper JSON = new JsonMapper();
    private static final short ONE = 0x3F80; // in BF16
    private static final int CHUNK = 1 << 20;
    private static final List<String> TOKENIZER =
            List.of("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja");

    private record Weight(String name, long[] shape) {
        long elements() {
            return Arrays.stream(shape).reduce(1, Math::multiplyExact);
        }
    }

    private final ObjectNode config;
    private final long seed;
    private final long shardBytes;
    private final ByteBuffer noise;

    /**
     * @param config content of {@code config.json}, with every size there is
     * @param shardBytes bytes of weights in a file, at most, unless one weight alone is larger
     */
    public RandomCheckpoint(ObjectNode config, long seed, long shardBytes) {
        this.config = config;
        this.seed = seed;
        this.shardBytes = shardBytes;
        this.noise = noise(config.required("initializer_range").floatValue(), seed);
    }

    /**
     * {@return the configuration of a published model}
     *
     * @param model {@code llama-3.2-1b} or {@code llama-3.2-3b}
     */
    public static ObjectNode configLike(String model) throws IOException {
        try (InputStream json = RandomCheckpoint.class.getResourceAsStream(model + ".json")) {
            if (json == null || !model.matches("[a-z0-9.-]+")) {
                throw new IllegalArgumentException("like = " + model + ": expected llama-3.2-1b or llama-3.2-3b");
            }
            return (ObjectNode) JSON.readTree(json);
        }
    }

    /**
     * Writes the checkpoint.
     *
     * @param folder is made; must not exist
     * @param tokenizer a folder with {@code tokenizer.json}, and the files that may accompany it
     * @return the bytes of all weights
     */
    public long write(Path folder, Path tokenizer) throws IOException {
        Files.createDirectory(folder);
        for (String name : TOKENIZER) {
            if (name.equals(TOKENIZER.get(0)) || Files.exists(tokenizer.resolve(name))) {
                Files.copy(tokenizer.resolve(name), folder.resolve(name));
            }
        }
        List<List<Weight>> shards = shards();
        ObjectNode index = JSON.createObjectNode();
        ObjectNode weightMap = JSON.createObjectNode();
        long bytes = 0;
        for (int i = 0; i < shards.size(); i++) {
            String file = "model-%05d-of-%05d.safetensors".formatted(i + 1, shards.size());
            SafetensorsWriter writer = new SafetensorsWriter().metadata("format", "pt");
            for (Weight weight : shards.get(i)) {
                writer.add(weight.name, DType.BF16, weight.shape, channel -> fill(channel, weight));
                weightMap.put(weight.name, file);
                bytes += DType.BF16.bytes(weight.elements());
            }
            writer.write(folder.resolve(file));
        }
        index.putObject("metadata").put("total_size", bytes);
        index.set("weight_map", weightMap);
        write(folder.resolve("model.safetensors.index.json"), index);
        write(folder.resolve("config.json"), config); // last: without it the folder is no checkpoint
        return bytes;
    }

    private static void write(Path file, ObjectNode json) throws IOException {
        Files.writeString(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json));
    }

    /** {@return the weights in the order of the computation, cut into files} */
    private List<List<Weight>> shards() {
        List<List<Weight>> shards = new ArrayList<>();
        long[] room = new long[1];
        llama().forEachTensor((name, shape) -> {
            Weight weight = new Weight(name.toString(), shape);
            long bytes = DType.BF16.bytes(weight.elements());
            if (shards.isEmpty() || bytes > room[0]) {
                shards.add(new ArrayList<>());
                room[0] = shardBytes;
            }
            room[0] -= bytes;
            shards.get(shards.size() - 1).add(weight);
        });
        return shards;
    }

    /** {@return the sizes} */
    LlamaConfig llama() {
        return new LlamaConfig(
                config.required("vocab_size").intValue(),
                config.required("hidden_size").intValue(),
                config.required("intermediate_size").intValue(),
                config.required("num_hidden_layers").intValue(),
                config.required("num_attention_heads").intValue(),
                config.required("num_key_value_heads").intValue(),
                config.required("head_dim").intValue(),
                config.required("max_position_embeddings").intValue(),
                new LlamaConfig.Features(
                        config.required("rms_norm_eps").doubleValue(),
                        config.required("tie_word_embeddings").booleanValue(),
                        new Rope(config.required("rope_theta").doubleValue(), null)),
                OptionalInt.empty(),
                List.of(),
                DType.BF16);
    }

    /** A table of normal numbers, of which weights are drawn: much faster than to make each. */
    private static ByteBuffer noise(float deviation, long seed) {
        Random random = new Random(seed);
        ByteBuffer table = ByteBuffer.allocate(2 << 16).order(ByteOrder.LITTLE_ENDIAN);
        while (table.hasRemaining()) {
            table.putShort((short) (Float.floatToIntBits((float) random.nextGaussian() * deviation) >>> 16));
        }
        return table;
    }

    private void fill(WritableByteChannel channel, Weight weight) throws IOException {
        boolean norm = weight.name.endsWith("norm.weight");
        SplittableRandom random = new SplittableRandom(seed ^ ((long) weight.name.hashCode() << 32));
        ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
        for (long left = DType.BF16.bytes(weight.elements()); left > 0; left -= chunk.limit()) {
            chunk.clear().limit((int) Math.min(CHUNK, left));
            while (chunk.hasRemaining()) {
                chunk.putShort(norm ? ONE : noise.getShort(2 * random.nextInt(1 << 16)));
            }
            chunk.flip();
            while (chunk.hasRemaining()) {
                channel.write(chunk);
            }
        }
    }
}
