package io.humpback.onnx.peft;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.internal.AtomicFiles;
import io.humpback.model.ModelException;
import io.humpback.onnx.checkpoint.DType;
import io.humpback.onnx.checkpoint.Json;
import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.checkpoint.Refusal;
import io.humpback.onnx.checkpoint.Safetensors;
import io.humpback.onnx.checkpoint.SafetensorsWriter;
import io.humpback.onnx.checkpoint.Tensor;
import io.humpback.onnx.checkpoint.WeightName;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A low-rank change of a model's linear products (Hu et al. 2021, arXiv 2106.09685) in the format of Hugging Face's PEFT:
 * {@code adapter_config.json} and {@code adapter_model.safetensors}.
 *
 * @param rank what {@code r} says; modules may have their own
 * @param alpha what {@code lora_alpha} says; modules may have their own
 * @param rankStabilised whether scales are alpha / sqrt(rank) instead of alpha / rank
 * @param dropout share of A's inputs that was zeroed in training, 0 to below 1
 * @param base name of the model it changes, as information only
 * @param modules what it changes, in the order of the computation; not empty
 */
public record PeftAdapter(
        int rank, double alpha, boolean rankStabilised, double dropout, String base, List<LowRank> modules) {

    /** Name of the file of settings. */
    public static final String CONFIG = "adapter_config.json";

    private static final String WEIGHTS = "adapter_model.safetensors";
    /** What the names of a module's two matrices end in. */
    public static final String LORA_A = ".lora_A.weight";

    public static final String LORA_B = ".lora_B.weight";

    private static final String PREFIX = "base_model.model.";
    private static final int MAX_CONFIG = 1 << 20;

    /**
     * The change of one product: W + scale · B A.
     *
     * @param weight W
     * @param rank rows of A and columns of B
     * @param alpha see {@link #scale}
     * @param a [rank, in], row-major
     * @param b [out, rank], row-major
     */
    public record LowRank(WeightName weight, int rank, double alpha, FloatBuffer a, FloatBuffer b) {
        /** {@return the product's name, such as {@code model.layers.0.self_attn.q_proj}} */
        public String module() {
            return weight.module();
        }
    }

    /** Takes a copy of the list. */
    public PeftAdapter {
        modules = List.copyOf(modules);
    }

    /** {@return what B A of one of the modules is multiplied with} */
    public double scale(LowRank module) {
        return rankStabilised ? module.alpha / Math.sqrt(module.rank) : module.alpha / module.rank;
    }

    /**
     * {@return the changes by weight: that of several joined products is given for each of them}
     *
     * @param base of the model it is for
     */
    public Map<WeightName, LowRank> changes(LlamaConfig base) {
        Map<WeightName, LowRank> changes = new HashMap<>();
        for (LowRank module : modules) {
            int first = 0;
            for (WeightName part : module.weight.parts()) {
                int size = Math.toIntExact(base.shape(part.part())[0] * module.rank);
                FloatBuffer rows = module.b.slice(first, size);
                changes.put(part, new LowRank(part, module.rank, module.alpha, module.a, rows));
                first += size;
            }
        }
        return changes;
    }

    /** {@return whether a path is the folder of an adapter} */
    public static boolean isAt(Path folder) {
        return Files.isRegularFile(folder.resolve(CONFIG));
    }

    /**
     * {@return the adapter in a folder, checked against its base}
     *
     * @param folder with both files; written by PEFT or {@link #write}
     * @param base of the model it is for
     * @throws ModelException if it does not fit the base, or does anything but change the products of blocks; the message
     *     names the setting or tensor
     * @throws IOException if a file cannot be read
     */
    public static PeftAdapter read(Path folder, LlamaConfig base) throws IOException {
        PeftConfig config = PeftConfig.read(folder.resolve(CONFIG), Json.text(folder.resolve(CONFIG), MAX_CONFIG));
        Path weights = folder.resolve(WEIGHTS);
        if (!Files.exists(weights)) {
            throw Refusal.of(
                    folder,
                    "no " + WEIGHTS
                            + (Files.exists(folder.resolve("adapter_model.bin"))
                                    ? " but adapter_model.bin, which can run code and is not read"
                                    : ""));
        }
        try (Safetensors tensors = Safetensors.open(weights)) {
            List<LowRank> modules = new ArrayList<>();
            Set<String> used = new HashSet<>();
            for (WeightName product : base.products()) {
                String module = product.module();
                String a = PREFIX + module + LORA_A;
                String b = PREFIX + module + LORA_B;
                boolean targeted = config.targets(module);
                for (String tensor : List.of(a, b)) {
                    if (targeted != tensors.names().contains(tensor)) {
                        throw Refusal.of(
                                weights,
                                targeted
                                        ? "tensor " + tensor + " is missing, though its module is a target"
                                        : "tensor " + tensor + ": its module is no target of " + CONFIG);
                    }
                }
                if (targeted) {
                    int rank = config.rank(module);
                    long[] shape = base.shape(product.part());
                    modules.add(new LowRank(
                            product,
                            rank,
                            config.alpha(module),
                            values(weights, tensors.tensor(a), rank, shape[1]),
                            values(weights, tensors.tensor(b), shape[0], rank)));
                    used.addAll(List.of(a, b));
                }
            }
            for (String name : tensors.names()) {
                if (!used.contains(name)) {
                    throw Refusal.of(weights, "tensor " + Refusal.shown(name) + surplus(name, base));
                }
            }
            if (modules.isEmpty()) {
                throw Refusal.of(folder.resolve(CONFIG), "target_modules match no product of the base");
            }
            return new PeftAdapter(
                    config.rank(), config.alpha(), config.rankStabilised(), config.dropout(), config.base(), modules);
        }
    }

    private static String surplus(String name, LlamaConfig base) {
        if (name.contains(".lora_magnitude_vector")) {
            return ": DoRA is not supported";
        }
        return " has no place in an adapter of a Llama with " + base.layers()
                + " layers, expected lora_A and lora_B of products of its blocks";
    }

    private static FloatBuffer values(Path file, Tensor tensor, long rows, long columns) {
        if (!tensor.hasShape(rows, columns)) {
            throw Refusal.of(
                    file,
                    "tensor " + tensor.name() + ": shape " + Arrays.toString(tensor.shape()) + ", expected [" + rows
                            + ", " + columns + "] for this rank and this base");
        }
        float[] values = new float[Math.toIntExact(rows * columns)];
        tensor.floats(0, (int) rows, values, 0);
        for (float value : values) {
            if (!Float.isFinite(value)) {
                throw Refusal.of(file, "tensor " + tensor.name() + ": found " + value + ", expected finite numbers");
            }
        }
        return FloatBuffer.wrap(values);
    }

    /**
     * Writes both files for a base into a folder, which is made if need be, the settings last; each appears whole or
     * not at all.
     */
    public void write(Path folder, LlamaConfig baseConfig) throws IOException {
        Files.createDirectories(folder);
        SafetensorsWriter writer = new SafetensorsWriter().metadata("format", "pt");
        List<WeightName> products = baseConfig.products();
        for (LowRank module : modules) {
            if (!products.contains(module.weight)) {
                throw new IllegalArgumentException(module.module() + ": expected a product of the base's blocks");
            }
            long[] shape = baseConfig.shape(module.weight.part());
            writer.add(PREFIX + module.module() + LORA_A, DType.F32, module.a, module.rank, shape[1]);
            writer.add(PREFIX + module.module() + LORA_B, DType.F32, module.b, shape[0], module.rank);
        }
        writer.write(folder.resolve(WEIGHTS));
        AtomicFiles.write(folder.resolve(CONFIG), Json.pretty(settings(products)));
    }

    /** What PEFT's LoraConfig takes; what is not named has its default there. */
    private ObjectNode settings(List<WeightName> products) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("peft_type", "LORA").put("task_type", "CAUSAL_LM").put("base_model_name_or_path", base);
        json.put("inference_mode", true).put("r", rank);
        put(json, "lora_alpha", alpha);
        json.put("lora_dropout", dropout).put("use_rslora", rankStabilised).put("use_dora", false);
        json.put("bias", "none").put("fan_in_fan_out", false).put("init_lora_weights", true);
        json.putNull("modules_to_save");
        ArrayNode targets = json.putArray("target_modules");
        targetModules(products).forEach(targets::add);
        ObjectNode ranks = json.putObject("rank_pattern");
        ObjectNode alphas = json.putObject("alpha_pattern");
        for (LowRank module : modules) {
            String whole = "^" + module.module().replace(".", "\\.");
            if (module.rank != rank) {
                ranks.put(whole, module.rank);
            }
            if (module.alpha != alpha) {
                put(alphas, whole, module.alpha);
            }
        }
        return json;
    }

    /** Last names, such as {@code q_proj}, where every product of such a name is changed; else whole names. */
    private Set<String> targetModules(List<WeightName> products) {
        Set<String> changed = modules.stream().map(LowRank::module).collect(Collectors.toSet());
        Set<String> last = changed.stream().map(PeftAdapter::lastName).collect(Collectors.toCollection(TreeSet::new));
        boolean all = products.stream()
                .map(WeightName::module)
                .allMatch(name -> changed.contains(name) == last.contains(lastName(name)));
        return all ? last : new TreeSet<>(changed);
    }

    private static String lastName(String module) {
        return module.substring(module.lastIndexOf('.') + 1);
    }

    private static void put(ObjectNode json, String key, double number) {
        if (number == Math.rint(number) && Math.abs(number) < 1 << 30) {
            json.put(key, (int) number);
        } else {
            json.put(key, number);
        }
    }
}
