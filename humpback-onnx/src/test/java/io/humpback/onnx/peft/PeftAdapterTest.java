package io.humpback.onnx.peft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.ReferenceData;
import io.humpback.model.ModelException;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.DType;
import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.checkpoint.SafetensorsWriter;
import io.humpback.onnx.checkpoint.TinyLlama;
import io.humpback.onnx.checkpoint.WeightName;
import io.humpback.onnx.peft.PeftAdapter.LowRank;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PeftAdapterTest {

    private static final LlamaConfig BASE = TinyLlama.CONFIG;
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PREFIX = "base_model.model.";

    @TempDir
    Path folder;

    private static LowRank change(String module, int rank, double alpha) {
        WeightName name = WeightName.of(module + ".weight");
        long[] shape = BASE.shape(name.part());
        return new LowRank(
                name, rank, alpha, numbers(rank * shape[1], module.hashCode()), numbers(shape[0] * rank, rank));
    }

    private static FloatBuffer numbers(long count, int seed) {
        FloatBuffer values = FloatBuffer.allocate((int) count);
        for (int i = 0; i < count; i++) {
            values.put(i, (seed % 97 + i) / 7f);
        }
        return values;
    }

    private static PeftAdapter adapter(Predicate<String> modules) {
        List<LowRank> changes = BASE.products().stream()
                .map(WeightName::module)
                .filter(modules)
                .map(module -> change(module, 2, 3))
                .toList();
        return new PeftAdapter(2, 3, false, 0, "tiny", changes);
    }

    private PeftAdapter read() throws IOException {
        return PeftAdapter.read(folder, BASE);
    }

    private ObjectNode config() throws IOException {
        return (ObjectNode) JSON.readTree(folder.resolve("adapter_config.json").toFile());
    }

    private void config(ObjectNode config) throws IOException {
        Files.writeString(folder.resolve("adapter_config.json"), config.toString());
    }

    private String refusal() {
        String message = assertThrows(ModelException.class, this::read).getMessage();
        assertEquals(1, message.lines().count());
        return message;
    }

    private static void equal(PeftAdapter expected, PeftAdapter found) {
        assertEquals(expected.modules().size(), found.modules().size());
        for (int i = 0; i < expected.modules().size(); i++) {
            LowRank one = expected.modules().get(i);
            LowRank two = found.modules().get(i);
            assertEquals(one.module(), two.module());
            assertEquals(one.rank(), two.rank());
            assertEquals(expected.scale(one), found.scale(two), 1e-12);
            assertEquals(one.a(), two.a());
            assertEquals(one.b(), two.b());
        }
    }

    @Test
    void theGoldenAdapterIsRead() throws IOException {
        Path shared = ReferenceData.file("data/golden");
        LlamaConfig base;
        try (Checkpoint checkpoint = Checkpoint.open(shared.resolve("tiny-llama3"))) {
            base = checkpoint.config();
        }
        PeftAdapter golden = PeftAdapter.read(shared.resolve("training/lora-adapter"), base);
        assertEquals(28, golden.modules().size());
        assertEquals("tiny-llama3", golden.base());
        assertEquals(2, golden.scale(golden.modules().get(0)));
        golden.write(folder, base);
        equal(golden, PeftAdapter.read(folder, base));
        assertEquals(
                -1,
                Files.mismatch(
                        shared.resolve("training/lora-adapter/adapter_model.safetensors"),
                        folder.resolve("adapter_model.safetensors")));
        assertEquals(7, config().get("target_modules").size());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "^(model)(?!.*(lm_head|output|emb|wte|shared)).*",
                "^(model)(?=\\.layers)(?!.*(lm_head|norm)).*",
                "^(?!.*vision).*\\.(q|k|v|o|gate|up|down)_proj",
                ".*(?<!vision_tower)\\.layers\\.\\d+\\.(?:self_attn|mlp)\\..*_proj"
            })
    void expressionsThatLookAheadOrBehindAreTargets(String expression) throws IOException {
        PeftAdapter whole = adapter(module -> true);
        whole.write(folder, BASE);
        config(config().put("target_modules", expression));
        equal(whole, read());
    }

    @Test
    void theConfigurationOfAnotherTrainerWithLookAheadIsRead() throws IOException {
        Path given = ReferenceData.file("cases/peft-regex-lookahead/adapter_config.json");
        PeftAdapter whole = adapter(module -> true);
        whole.write(folder, BASE);
        JsonNode targets = JSON.readTree(given.toFile()).get("target_modules");
        config(config().set("target_modules", targets));
        equal(whole, read());
    }

    @Property(tries = 40)
    void whatIsWrittenIsRead(
            @ForAll @IntRange(max = (1 << 14) - 1) int chosen,
            @ForAll @IntRange(max = 100) int seed,
            @ForAll boolean stable)
            throws IOException {
        folder = Files.createTempDirectory("adapter");
        List<LowRank> changes = new ArrayList<>();
        int i = 0;
        for (String module : BASE.products().stream().map(WeightName::module).toList()) {
            if ((chosen >> i++ & 1) == 1) {
                changes.add(change(module, 1 + seed * i % 3, 1 + seed * i % 5 / 2.0));
            }
        }
        if (!changes.isEmpty()) {
            PeftAdapter adapter = new PeftAdapter(2, 2.5, stable, 0.1, "tiny", changes);
            adapter.write(folder, BASE);
            equal(adapter, read());
        }
    }

    @Test
    void aFolderThatIsWrittenAgainHoldsTheNewAdapterAlone() throws IOException {
        adapter(module -> true).write(folder, BASE);
        PeftAdapter less = adapter(module -> module.endsWith("layers.1.mlp.up_proj"));
        less.write(folder, BASE);
        equal(less, read());
        try (var files = Files.list(folder)) {
            assertEquals(2, files.count());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "self_attn.q_proj;{\"target_modules\": [\"q_proj\"]}",
                "self_attn.q_proj;{\"target_modules\": \".*q_proj\"}",
                "layers.1.self_attn.q_proj;{\"target_modules\": [\"q_proj\"], \"layers_to_transform\": [1]}",
                "layers.1.self_attn.q_proj;{\"target_modules\": [\"q_proj\"], \"layers_to_transform\": 1,"
                        + " \"layers_pattern\": \"layers\"}",
                "layers.0.self_attn.q_proj;{\"target_modules\": [\"q_proj\"], \"exclude_modules\": \".*1.*\"}",
                "layers.0.self_attn.q_proj;{\"target_modules\": [\"model.layers.0.self_attn.q_proj\"]}",
                "proj;{\"target_modules\": \"all-linear\"}",
                "mlp;{\"target_modules\": \"all-linear\", \"exclude_modules\": [\"q_proj\", \"k_proj\", \"v_proj\","
                        + " \"o_proj\"]}",
            })
    void targetsAreThoseOfPeft(String expected, String settings) throws IOException {
        PeftAdapter adapter = adapter(module -> module.contains(expected));
        adapter.write(folder, BASE);
        ObjectNode config = config();
        config.setAll((ObjectNode) JSON.readTree(settings));
        config(config);
        equal(adapter, read());
    }

    @Test
    void patternsGiveModulesTheirOwnRankAndAlpha() throws IOException {
        List<LowRank> changes = List.of(
                change("model.layers.0.self_attn.q_proj", 3, 5), change("model.layers.1.self_attn.q_proj", 2, 4));
        new PeftAdapter(2, 3, false, 0, "", changes).write(folder, BASE);
        ObjectNode config = config();
        config.putObject("rank_pattern").put("layers.0.self_attn.q_proj", 3).put("q_proj", 2);
        config.putObject("alpha_pattern").put("0.*q_proj", 5).put(".*", 4);
        config(config);
        equal(new PeftAdapter(2, 3, false, 0, "", changes), read());
        config(config.put("use_rslora", true));
        assertEquals(5 / Math.sqrt(3), read().scale(read().modules().get(0)), 1e-12);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "{\"peft_type\": \"LOHA\"};peft_type = \"LOHA\", expected \"LORA\"",
                "{\"peft_type\": null};peft_type = null, expected \"LORA\"",
                "{\"task_type\": \"SEQ_CLS\"};task_type = \"SEQ_CLS\"",
                "{\"r\": null};r = null, expected a whole number from 1",
                "{\"r\": 0};r = 0, expected a whole number from 1",
                "{\"lora_alpha\": null};lora_alpha = null, expected a number above 0",
                "{\"target_modules\": null};target_modules = null, expected names",
                "{\"target_modules\": [\"q_proj\", \"lm_head\"]};target_modules: a change of lm_head is not supported",
                "{\"target_modules\": [\"embed_tokens\"]};target_modules: a change of model.embed_tokens is not",
                "{\"target_modules\": \"(q_proj\"};target_modules: regular expression",
                "{\"target_modules\": [\"fc1\"]};its module is no target of adapter_config.json",
                "{\"target_modules\": [\"q_proj\", \"k_proj\"]};k_proj.lora_A.weight is missing, though its module",
                "{\"target_modules\": \".*q_proj\", \"layers_to_transform\": [0]};layers_to_transform = [0] needs names",
                "{\"fan_in_fan_out\": true};fan_in_fan_out = true is not supported",
                "{\"bias\": \"all\"};bias = \"all\" is not supported",
                "{\"lora_bias\": true};lora_bias = true is not supported",
                "{\"modules_to_save\": [\"lm_head\"]};modules_to_save = [\"lm_head\"] is not supported",
                "{\"use_dora\": true};use_dora = true is not supported",
                "{\"init_lora_weights\": \"pissa_niter_4\"};init_lora_weights = \"pissa_niter_4\" is not supported",
                "{\"init_lora_weights\": \"loftq\"};init_lora_weights = \"loftq\" is not supported",
                "{\"layer_replication\": [[0, 1]]};layer_replication = [[0,1]] is not supported",
                "{\"target_parameters\": [\"w\"]};target_parameters = [\"w\"] is not supported",
                "{\"trainable_token_indices\": [1]};trainable_token_indices = [1] is not supported",
                "{\"alora_invocation_tokens\": [1]};alora_invocation_tokens = [1] is not supported",
                "{\"use_qalora\": true};use_qalora = true is not supported",
                "{\"use_bdlora\": {\"a\": 1}};use_bdlora = {\"a\":1} is not supported",
                "{\"arrow_config\": {\"a\": 1}};arrow_config = {\"a\":1} is not supported",
                "{\"velora_config\": {\"a\": 1}};velora_config = {\"a\":1} is not supported",
                "{\"kasa_config\": {\"a\": 1}};kasa_config = {\"a\":1} is not supported",
                "{\"monteclora_config\": {\"a\": 1}};monteclora_config = {\"a\":1} is not supported",
                "{\"megatron_config\": {\"a\": 1}};megatron_config = {\"a\":1} is not supported",
                "{\"use_future\": true};unknown setting use_future = true",
                "{\"rank_pattern\": {\"q_proj\": 0}};rank_pattern = 0, expected a whole number",
                "{\"alpha_pattern\": {\"q_proj\": \"x\"}};alpha_pattern = \"x\", expected a number above 0",
                "{\"rank_pattern\": [1]};rank_pattern = [1], expected an object",
                "{\"use_rslora\": \"yes\"};use_rslora = \"yes\", expected true or false",
                "{\"rank_pattern\": {\"q_proj\": 4}};shape [2, 8], expected [4, 8] for this rank and this base",
            })
    void settingsThatAreNotUnderstoodAreRefusedByName(String settings, String message) throws IOException {
        adapter(module -> module.endsWith("q_proj")).write(folder, BASE);
        ObjectNode config = config();
        config.setAll((ObjectNode) JSON.readTree(settings));
        config(config);
        String refusal = refusal();
        assertTrue(refusal.startsWith(folder.toString()) && refusal.contains(message), refusal);
    }

    @ParameterizedTest
    @CsvSource({
        "revision, main",
        "init_lora_weights, gaussian",
        "init_lora_weights, eva",
        "megatron_core, megatron.core",
        "use_future,"
    })
    void settingsThatChangeNothingAreTaken(String key, String value) throws IOException {
        PeftAdapter adapter = adapter(module -> module.endsWith("q_proj"));
        adapter.write(folder, BASE);
        config(config().put(key, value));
        equal(adapter, read());
    }

    private void tensors(Map<String, float[]> extra, Predicate<String> kept) throws IOException {
        SafetensorsWriter writer = new SafetensorsWriter();
        for (LowRank module : adapter(any -> any.endsWith("q_proj")).modules()) {
            add(writer, PREFIX + module.module() + ".lora_A.weight", module.a(), extra, kept, 2, 8);
            add(writer, PREFIX + module.module() + ".lora_B.weight", module.b(), extra, kept, 8, 2);
        }
        extra.forEach((name, values) -> writer.add(name, values, values.length / 2, 2));
        writer.write(folder.resolve("adapter_model.safetensors"));
    }

    private static void add(
            SafetensorsWriter writer,
            String name,
            FloatBuffer values,
            Map<String, float[]> extra,
            Predicate<String> kept,
            long... shape) {
        if (kept.test(name) && !extra.containsKey(name)) {
            writer.add(name, DType.F32, values, shape);
        }
    }

    @Test
    void missingSurplusAndBrokenTensorsAreRefusedByName() throws IOException {
        adapter(module -> module.endsWith("q_proj")).write(folder, BASE);
        String b = PREFIX + "model.layers.1.self_attn.q_proj.lora_B.weight";
        tensors(Map.of(), name -> !name.equals(b));
        assertTrue(refusal().contains("tensor " + b + " is missing"), refusal());
        tensors(Map.of(PREFIX + "model.layers.7.self_attn.q_proj.lora_A.weight", new float[4]), name -> true);
        assertTrue(refusal().contains("layers.7.self_attn.q_proj.lora_A.weight has no place"), refusal());
        tensors(
                Map.of(PREFIX + "model.layers.1.self_attn.q_proj.lora_magnitude_vector.default.weight", new float[8]),
                name -> true);
        assertTrue(refusal().contains("DoRA is not supported"), refusal());
        tensors(Map.of(b, new float[12]), name -> true);
        assertTrue(refusal().contains("shape [6, 2], expected [8, 2]"), refusal());
        float[] broken = new float[16];
        broken[5] = Float.NaN;
        tensors(Map.of(b, broken), name -> true);
        assertTrue(refusal().contains("tensor " + b + ": found NaN, expected finite numbers"), refusal());
    }

    @Test
    void missingFilesAreRefused() throws IOException {
        adapter(module -> true).write(folder, BASE);
        Files.delete(folder.resolve("adapter_model.safetensors"));
        assertEquals(folder + ": no adapter_model.safetensors", refusal());
        Files.createFile(folder.resolve("adapter_model.bin"));
        assertTrue(refusal().contains("adapter_model.bin, which can run code and is not read"), refusal());
        Files.writeString(folder.resolve("adapter_config.json"), "{\"r\": 1, \"r\": 2}");
        assertTrue(refusal().contains("not a JSON object"), refusal());
        Files.delete(folder.resolve("adapter_config.json"));
        assertEquals(folder.resolve("adapter_config.json") + ": no such file", refusal());
    }
}
