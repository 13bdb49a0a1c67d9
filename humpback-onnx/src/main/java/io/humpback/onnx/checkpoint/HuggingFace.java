package io.humpback.onnx.checkpoint;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.internal.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Opens a folder in Hugging Face's layout. */
final class HuggingFace {

    private static final String WEIGHTS = "model.safetensors";
    private static final String INDEX = "model.safetensors.index.json";

    /** Far above what is found: a vocabulary of 256,000 tokens makes a tokenizer.json of some 35 MB. */
    private static final int MAX_TOKENIZER = 64 << 20;

    private static final int MAX_INDEX = 4 << 20;
    private static final int MAX_TOKENIZER_CONFIG = 16 << 20;
    private static final int MAX_CONFIG = 1 << 20;

    private final Path folder;
    private final MessageDigest digest = Sha256.digest();
    private final Map<String, Safetensors> shards = new LinkedHashMap<>();

    private HuggingFace(Path folder) {
        this.folder = folder;
    }

    static Checkpoint open(Path folder) throws IOException {
        HuggingFace opening = new HuggingFace(folder);
        try {
            return opening.open();
        } catch (IOException | RuntimeException | Error e) {
            opening.shards.values().forEach(Safetensors::close);
            throw e;
        }
    }

    private Checkpoint open() throws IOException {
        String config = text("config.json", MAX_CONFIG);
        if (config == null) {
            throw Refusal.of(folder, "no config.json, expected a Hugging Face folder or a .gguf file");
        }
        ObjectNode configObject = Json.object(folder.resolve("config.json"), config);
        String generation = text("generation_config.json", MAX_CONFIG);
        ObjectNode generationObject =
                generation == null ? null : Json.object(folder.resolve("generation_config.json"), generation);
        Checkpoint.TextFiles text = new Checkpoint.TextFiles(
                text("tokenizer.json", MAX_TOKENIZER),
                text("tokenizer_config.json", MAX_TOKENIZER_CONFIG),
                text("chat_template.jinja", MAX_CONFIG),
                null);

        Map<String, Safetensors> owners = Files.exists(folder.resolve(WEIGHTS)) ? whole() : sharded();
        LlamaConfig llama =
                HuggingFaceConfig.read(folder.resolve("config.json"), configObject, generationObject, storage(owners));
        boolean nested = HuggingFaceConfig.isNested(configObject);
        Map<WeightName, Tensor> tensors = LlamaCheckpoint.select(
                folder,
                llama,
                owners.keySet(),
                name -> nested ? nested(llama.inFolder(name), owners.keySet()) : llama.inFolder(name),
                name -> requireNonNull(owners.get(name)).tensor(name),
                // old checkpoints carry the frequencies; a tied head is the embedding, as in transformers
                name -> name.endsWith(".rotary_emb.inv_freq")
                        || llama.tiedEmbeddings()
                                && (nested ? name.endsWith("lm_head.weight") : name.equals(WeightName.HEAD.toString()))
                        || nested && (name.contains("vision_tower.") || name.contains("multi_modal_projector.")));
        List<TensorFile> weights = new ArrayList<>();
        shards.forEach((name, shard) -> {
            mark(name, shard.file().size());
            weights.add(shard.file());
        });
        return new LlamaCheckpoint(folder, llama, tensors, text, weights, digest);
    }

    /** The name of a weight of a language model that is a part of another, in the present layout or that before. */
    private static String nested(String name, Set<String> stored) {
        String present = name.replaceFirst("^model\\.", "model.language_model.");
        return stored.contains(present) ? present : "language_model." + name;
    }

    private Map<String, Safetensors> whole() throws IOException {
        Safetensors weights = Safetensors.open(folder.resolve(WEIGHTS));
        shards.put(WEIGHTS, weights);
        Map<String, Safetensors> owners = new LinkedHashMap<>();
        weights.names().forEach(name -> owners.put(name, weights));
        return owners;
    }

    /** Index and shards have to agree: each tensor in just the shard that the index names. */
    private Map<String, Safetensors> sharded() throws IOException {
        Path index = folder.resolve(INDEX);
        String text = text(INDEX, MAX_INDEX);
        if (text == null) {
            throw Refusal.of(folder, "no weights, expected " + WEIGHTS + " or " + INDEX);
        }
        JsonNode weightMap = Json.object(index, text).path("weight_map");
        if (!weightMap.isObject()) {
            throw Refusal.of(index, "no weight_map, expected an object of tensor names and file names");
        }
        Map<String, String> listed = new HashMap<>();
        for (Map.Entry<String, JsonNode> entry : weightMap.properties()) {
            String shard = entry.getValue().asText("");
            if (!entry.getValue().isTextual() || !shard.matches("[\\w][\\w.\\-]*\\.safetensors")) {
                throw Refusal.of(
                        index,
                        "tensor " + Refusal.shown(entry.getKey()) + ": file " + Refusal.shown(shard)
                                + ", expected the plain name of a .safetensors file in the folder");
            }
            listed.put(entry.getKey(), shard);
        }
        Map<String, Safetensors> owners = new LinkedHashMap<>();
        for (String shard : listed.values().stream().sorted().distinct().toList()) {
            Safetensors opened = Safetensors.open(folder.resolve(shard));
            shards.put(shard, opened);
            for (String name : opened.names()) {
                if (!shard.equals(listed.get(name))) {
                    throw Refusal.of(
                            opened.path(),
                            "tensor " + Refusal.shown(name) + " is here, but " + INDEX + " lists it in "
                                    + (listed.containsKey(name) ? listed.get(name) : "no file"));
                }
                owners.put(name, opened);
            }
        }
        listed.forEach((name, shard) -> {
            if (!owners.containsKey(name)) {
                throw Refusal.of(
                        folder.resolve(shard), "no tensor " + Refusal.shown(name) + ", which " + INDEX + " lists here");
            }
        });
        return owners;
    }

    /** Leaves out tensors of types that cannot be read: if one of them is needed, it will be refused by name. */
    private static DType storage(Map<String, Safetensors> owners) {
        List<Tensor> tensors = new ArrayList<>();
        owners.forEach((name, shard) -> {
            if (shard.dtype(name) != null) {
                tensors.add(shard.tensor(name));
            }
        });
        return LlamaCheckpoint.storage(tensors);
    }

    /** {@return the content of a file of the folder, which also goes into the fingerprint; null where there is none} */
    private @Nullable String text(String name, int maxBytes) throws IOException {
        Path file = folder.resolve(name);
        if (!Files.exists(file)) {
            return null;
        }
        String text = Json.text(file, maxBytes);
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        mark(name, bytes.length);
        digest.update(bytes);
        return text;
    }

    /** Sets a file's name and length before its content, so that no two folders look the same to the digest. */
    private void mark(String name, long length) {
        digest.update((name + "\n" + length + "\n").getBytes(StandardCharsets.UTF_8));
    }
}
