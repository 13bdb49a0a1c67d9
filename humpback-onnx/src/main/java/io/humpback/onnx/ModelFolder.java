package io.humpback.onnx;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.internal.AtomicFiles;
import io.humpback.model.ModelException;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.DType;
import io.humpback.onnx.checkpoint.HuggingFaceConfig;
import io.humpback.onnx.checkpoint.Json;
import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.checkpoint.Rope;
import io.humpback.onnx.checkpoint.SafetensorsWriter;
import io.humpback.onnx.checkpoint.Tensor;
import io.humpback.onnx.checkpoint.WeightName;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Writes a whole model as a folder in Hugging Face's layout: what full fine-tuning leaves. */
final class ModelFolder {

    /** Files of a folder that are copied as they are. */
    private static final List<String> COPIED = List.of(
            "generation_config.json",
            "tokenizer.json",
            "tokenizer_config.json",
            "special_tokens_map.json",
            "added_tokens.json",
            "chat_template.jinja",
            "tokenizer.model",
            "vocab.json",
            "merges.txt");

    /** The family whose divisors of frequencies a configuration lists. */
    private static final String PHI = "phi3";

    private static final int DIVISOR_DIGITS = 10_000;

    private ModelFolder() {}

    /**
     * Writes a folder with the tensors of a checkpoint, some of them replaced. A tied embedding is written once.
     *
     * @param source a Hugging Face folder or a GGUF file
     * @param changed values in place of those of the source
     * @param dtype F32 or BF16, of all tensors
     * @param folder is made where there is none; files of a model in it are replaced, the configuration last
     * @throws ModelException if the source's position embedding cannot be written as config.json
     * @throws IOException if reading or writing fails
     */
    static void write(Checkpoint source, Map<WeightName, FloatBuffer> changed, DType dtype, Path folder)
            throws IOException {
        ObjectNode config = config(source, dtype);
        boolean lessOne = read(source, config).normsLackOne()
                && !source.config().features().normsLackOne();
        SafetensorsWriter writer = new SafetensorsWriter().metadata("format", "pt");
        source.config().forEachTensor((name, shape) -> {
            FloatBuffer values = changed.get(name);
            if (lessOne && name.part().isNorm()) {
                values = lessOne(values == null ? values(source.tensor(name)) : values);
            }
            if (values == null) {
                writer.add(source.tensor(name).named(source.config().inFolder(name)), dtype);
            } else {
                writer.add(source.config().inFolder(name), dtype, values, shape);
            }
        });
        for (WeightName name : changed.keySet()) {
            source.tensor(name); // refused where there is none
        }
        Files.createDirectories(folder);
        writer.write(folder.resolve("model.safetensors"));
        if (Files.isDirectory(source.path())) {
            for (String name : COPIED) {
                Path file = source.path().resolve(name);
                if (Files.isRegularFile(file)) {
                    byte[] bytes = Files.readAllBytes(file);
                    AtomicFiles.write(folder.resolve(name), bytes);
                }
            }
        } else {
            ModelFiles.writeText(source, folder);
            ObjectNode generation = JsonNodeFactory.instance.objectNode();
            source.config().bosId().ifPresent(id -> generation.put("bos_token_id", id));
            source.config().endIds().forEach(generation.putArray("eos_token_id")::add);
            AtomicFiles.write(folder.resolve("generation_config.json"), Json.pretty(generation));
        }
        AtomicFiles.write(folder.resolve("config.json"), Json.pretty(config));
    }

    /**
     * Refuses a checkpoint of which no folder can be written, before there is something to write.
     *
     * @throws ModelException as {@link #write} does
     */
    static void requireWritable(Checkpoint source) throws IOException {
        read(source, config(source, DType.F32));
    }

    /** {@return what a configuration is opened as; refused where the source is another} */
    private static LlamaConfig.Features read(Checkpoint source, ObjectNode config) {
        LlamaConfig.Features features = source.config().features();
        LlamaConfig.Features found = HuggingFaceConfig.read(source.path(), config.deepCopy(), null, DType.F32)
                .features();
        if (!found.optional().equals(features.optional())) {
            throw new ModelException(source.path() + ": blocks with " + features.optional() + ", expected "
                    + found.optional() + ", which a config.json of " + features.family() + " can tell");
        }
        return found;
    }

    private static FloatBuffer values(Tensor norm) {
        float[] values = new float[norm.rowLength()];
        norm.floats(0, 1, values, 0);
        return FloatBuffer.wrap(values);
    }

    /** A GGUF file holds the norms of some families as they are used; a folder holds them less one. */
    private static FloatBuffer lessOne(FloatBuffer values) {
        FloatBuffer less = FloatBuffer.allocate(values.remaining());
        for (int i = 0; i < less.capacity(); i++) {
            less.put(i, values.get(values.position() + i) - 1);
        }
        return less;
    }

    private static ObjectNode config(Checkpoint source, DType dtype) throws IOException {
        String type = dtype == DType.BF16 ? "bfloat16" : "float32";
        if (!Files.isDirectory(source.path())) {
            LlamaConfig.Features features = source.config().features();
            ObjectNode json = ModelFiles.config(withKnownScaling(source));
            json.putArray("architectures").add(HuggingFaceConfig.architecture(features.family()));
            json.put("hidden_act", features.activation().inConfig());
            putLongRope(json, source.config());
            return json.put("torch_dtype", type);
        }
        Path file = source.path().resolve("config.json");
        ObjectNode json = HuggingFaceConfig.text(Json.object(file, Files.readString(file)));
        JsonNode modern = json.remove("dtype");
        json.remove("torch_dtype");
        return json.put(modern == null ? "torch_dtype" : "dtype", type);
    }

    /** Only the short factors are known of Phi's position embedding, so that the context ends where they do. */
    private static void putLongRope(ObjectNode json, LlamaConfig config) {
        if (config.features().family().equals(PHI) && config.rope().scaling() instanceof Rope.Divisors divisors) {
            ObjectNode scaling = json.putObject("rope_scaling");
            for (String key : List.of("short_factor", "long_factor")) {
                divisors.divisors().forEach(scaling.putArray(key)::add);
            }
            scaling.put("rope_type", "longrope")
                    .put("attention_factor", divisors.attention())
                    .put("original_max_position_embeddings", config.maxPositions());
        }
    }

    /** Divisors of frequencies, as a GGUF file has them, are those of Llama 3.1's scaling, or cannot be written. */
    private static LlamaConfig withKnownScaling(Checkpoint source) {
        LlamaConfig c = source.config();
        if (!(c.rope().scaling() instanceof Rope.Divisors divisors)
                || c.features().family().equals(PHI)) {
            return c;
        }
        float factor = divisors.divisors().stream().max(Float::compare).orElse(1f);
        for (int original = 8192; original >= 16; original /= 2) {
            Rope rope = new Rope(c.rope().theta(), new Rope.Llama3(factor, 1, 4, original));
            double[] expected = c.rope().inverseFrequencies(c.headDim());
            double[] found = rope.inverseFrequencies(c.headDim());
            boolean same = true;
            for (int i = 0; i < found.length; i++) {
                same &= Math.abs(found[i] / expected[i] - 1) < 1.0 / DIVISOR_DIGITS;
            }
            if (same) {
                return c.withRope(rope);
            }
        }
        throw new ModelException(source.path()
                + ": rope_freqs.weight: divisors of the frequencies, expected those of Llama 3.1's scaling, which a"
                + " config.json can tell");
    }
}
