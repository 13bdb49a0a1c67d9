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
        SafetensorsWriter writer = new SafetensorsWriter().metadata("format", "pt");
        source.config().forEachTensor((name, shape) -> {
            FloatBuffer values = changed.get(name);
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

    private static ObjectNode config(Checkpoint source, DType dtype) throws IOException {
        String type = dtype == DType.BF16 ? "bfloat16" : "float32";
        if (!Files.isDirectory(source.path())) {
            String family = source.config().features().family();
            if (!family.equals("llama")) {
                throw new ModelException(source.path() + ": a folder cannot be written from a GGUF file of the family "
                        + family + ", expected the Hugging Face folder of the model");
            }
            ObjectNode json = ModelFiles.config(withKnownScaling(source));
            json.putArray("architectures").add("LlamaForCausalLM");
            return json.put("hidden_act", "silu").put("torch_dtype", type);
        }
        Path file = source.path().resolve("config.json");
        ObjectNode json = HuggingFaceConfig.text(Json.object(file, Files.readString(file)));
        JsonNode modern = json.remove("dtype");
        json.remove("torch_dtype");
        return json.put(modern == null ? "torch_dtype" : "dtype", type);
    }

    /** Divisors of frequencies, as a GGUF file has them, are those of Llama 3.1's scaling, or cannot be written. */
    private static LlamaConfig withKnownScaling(Checkpoint source) {
        LlamaConfig c = source.config();
        Rope.Scaling scaling = c.rope().scaling();
        if (scaling == null) {
            return c;
        }
        if (!(scaling instanceof Rope.Divisors divisors)) {
            throw new ModelException(
                    source.path() + ": a folder cannot be written from a GGUF file with this scaling of"
                            + " positions, expected the Hugging Face folder of the model");
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
