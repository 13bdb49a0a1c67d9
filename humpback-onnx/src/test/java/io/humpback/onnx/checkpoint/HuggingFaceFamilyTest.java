package io.humpback.onnx.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.model.ModelException;
import io.humpback.onnx.checkpoint.LlamaConfig.Sight;
import io.humpback.onnx.checkpoint.WeightName.Part;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HuggingFaceFamilyTest {

    private static final Path FILE = Path.of("config.json");

    private static ObjectNode config(String type, String settings) {
        ObjectNode config = TinyLlama.config().put("model_type", type);
        config.setAll(Json.object(FILE, "{" + settings.replace('\'', '"') + "}"));
        return config;
    }

    private static LlamaConfig read(String type, String settings) {
        return HuggingFaceConfig.read(FILE, config(type, settings), null, DType.F32);
    }

    private static String refusal(String type, String settings) {
        return assertThrows(ModelException.class, () -> read(type, settings)).getMessage();
    }

    private static List<Integer> windows(LlamaConfig config) {
        return IntStream.range(0, config.layers())
                .mapToObj(layer -> config.sight(layer).window())
                .toList();
    }

    @Test
    void biasesAreThoseOfTheFamilyOrTheSetting() {
        Set<Part> inputs = Set.of(Part.Q_BIAS, Part.K_BIAS, Part.V_BIAS);
        assertEquals(inputs, read("qwen2", "").features().optional());
        assertEquals(
                Set.of(Part.Q_BIAS, Part.K_BIAS, Part.V_BIAS, Part.O_BIAS),
                read("llama", "'attention_bias':true").features().optional());
        assertEquals(
                Set.of(Part.GATE_BIAS, Part.UP_BIAS, Part.DOWN_BIAS),
                read("smollm3", "'mlp_bias':true").features().optional());
        assertEquals(
                "config.json: mlp_bias = true is not supported, expected false", refusal("mistral", "'mlp_bias':true"));
    }

    @Test
    void whatIsAbsentMeansWhatItMeansToTheFamilysClass() {
        assertEquals(128, read("qwen3", "").headDim());
        assertEquals(4, read("qwen2", "").headDim());
        assertTrue(read("smollm3", "").tiedEmbeddings());
        assertFalse(read("qwen3", "").tiedEmbeddings());
        assertEquals(2e6, read("smollm3", "").rope().theta());
        assertEquals(1e4, read("mistral", "").rope().theta());
        assertEquals(List.of(4096, 4096), windows(read("mistral", "")));
        assertEquals(List.of(0, 0), windows(read("mistral", "'sliding_window':null")));
        assertEquals(List.of(0, 0), windows(read("qwen2", "'sliding_window':16")));
    }

    @Test
    void windowsAreOfTheBlocksThatAreNamedOrFollowARule() {
        assertEquals(
                List.of(0, 16),
                windows(read("qwen2", "'use_sliding_window':true,'sliding_window':16,'max_window_layers':1")));
        assertEquals(
                List.of(16, 0),
                windows(read(
                        "qwen3",
                        "'use_sliding_window':true,'sliding_window':16,"
                                + "'layer_types':['sliding_attention','full_attention']")));
        assertEquals(
                List.of(16, 16, 0, 16),
                windows(read("gemma3_text", "'num_hidden_layers':4,'sliding_window':16,'sliding_window_pattern':3")));
        assertEquals(
                "config.json: layer_types: 1 entries, expected 2",
                refusal("qwen3", "'layer_types':['full_attention']"));
        assertEquals(
                "config.json: layer_types: \"sliding_attention\" is not supported, expected \"full_attention\" where no"
                        + " sliding_window is in use",
                refusal("qwen3", "'layer_types':['sliding_attention','full_attention']"));
        assertEquals(
                "config.json: layer_types: \"chunked_attention\" is not supported, expected \"full_attention\" or"
                        + " \"sliding_attention\"",
                refusal("qwen3", "'layer_types':['chunked_attention','full_attention']"));
        assertEquals(
                "config.json: num_hidden_layers 2000000000: expected at most 10000",
                refusal("mistral", "'num_hidden_layers':2000000000"));
    }

    @Test
    void someBlocksOfSmolLm3HaveNoRotaryEmbedding() {
        LlamaConfig listed = read("smollm3", "'no_rope_layers':[0,1]");
        assertEquals(new Sight(null, 0), listed.sight(0));
        assertEquals(new Sight(new Rope(2e6, null), 0), listed.sight(1));
        LlamaConfig fourth = read("smollm3", "'num_hidden_layers':8");
        assertEquals(
                List.of(3, 7),
                IntStream.range(0, 8)
                        .filter(layer -> fourth.sight(layer).rope() == null)
                        .boxed()
                        .toList());
    }

    @Test
    void gemmaHasABaseForEitherKindOfBlock() {
        LlamaConfig classic =
                read("gemma3_text", "'num_hidden_layers':6,'rope_scaling':{'rope_type':'linear','factor':8.0}");
        LlamaConfig modern = read(
                "gemma3_text",
                "'num_hidden_layers':6,'rope_parameters':{'full_attention':{'rope_type':'linear','factor':8.0,'rope_theta':1000000.0},"
                        + "'sliding_attention':{'rope_type':'default','rope_theta':10000.0}}");
        assertEquals(classic.features(), modern.features());
        assertEquals(new Sight(new Rope(1e4, null), 4096), classic.sight(0));
        assertEquals(new Sight(new Rope(1e6, new Rope.Linear(8)), 0), classic.sight(5));
        assertEquals(1 / 16.0, classic.attentionScale());
        assertEquals(Math.sqrt(8), classic.features().scales().embedding());
    }

    @Test
    void aModelThatAlsoSeesIsReadByItsText() {
        ObjectNode text = config("gemma3_text", "");
        text.remove(List.of("bos_token_id", "eos_token_id", "rms_norm_eps"));
        ObjectNode whole =
                Json.object(FILE, "{\"model_type\":\"gemma3\",\"architectures\":[\"Gemma3ForConditionalGeneration\"]}");
        whole.set("text_config", text);
        whole.put("eos_token_id", 7);
        LlamaConfig config = HuggingFaceConfig.read(FILE, whole, null, DType.F32);
        assertEquals(List.of(7), config.endIds());
        assertEquals(1e-6, config.rmsNormEps());
        assertTrue(config.has(Part.FEED_FORWARD_OUTPUT_NORM));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "gemma3_text; 'final_logit_softcapping':30.0; final_logit_softcapping = 30.0",
                "gemma3_text; 'hidden_activation':'gelu'; hidden_activation = \"gelu\"",
                "gemma3_text; 'use_bidirectional_attention':true; use_bidirectional_attention = true",
                "qwen2; 'architectures':['Qwen2ForTokenClassification']; expected [\"Qwen2ForCausalLM\"]",
                "mistral3; 'text_config':{}; model_type \"mistral3\", expected one of llama, qwen2",
                "granite; 'logits_scaling':0; logits_scaling = 0, expected a number above 0",
                "smollm3; 'no_rope_layers':[1]; no_rope_layers: 1 entries, expected 2",
                "smollm3; 'no_rope_layers':7; no_rope_layers = 7, expected a list",
                "phi3; 'partial_rotary_factor':0.3; partial_rotary_factor 0.3: expected an even number",
                "phi3; 'sliding_window':0; sliding_window = 0, expected a whole number from 1 on"
            })
    void whatIsNotUnderstoodIsRefusedByName(String type, String settings, String expected) {
        String message = refusal(type, settings);
        assertTrue(message.startsWith("config.json: "), message);
        assertTrue(message.contains(expected), message);
    }

    @Test
    void longRopeEndsAtTheOriginalContextAndDynamicToo() {
        String scaling = "'rope_scaling':{'type':'longrope','short_factor':[1.0,2.0],'long_factor':[3.0,4.0]},"
                + "'original_max_position_embeddings':8";
        LlamaConfig config = read("phi3", scaling);
        assertEquals(8, config.maxPositions());
        double attention = Math.sqrt(1 + Math.log(4) / Math.log(8));
        assertEquals(
                new Rope.Divisors(List.of(1f, 2f), attention), config.rope().scaling());
        assertEquals(config, read("phi3", scaling.replace("longrope", "su")));
        assertEquals(
                config.rope(),
                read("phi3", scaling + ",'sliding_window':4").sight(1).rope());
        assertEquals(
                "config.json: rope_scaling.short_factor: 1 numbers, expected 2, one for each pair of dimensions that"
                        + " rotates",
                refusal("phi3", scaling.replace("1.0,2.0", "1.0")));
        LlamaConfig dynamic =
                read("llama", "'rope_scaling':{'type':'dynamic','factor':2.0},'original_max_position_embeddings':16");
        assertEquals(new Rope(1e4, null), dynamic.rope());
        assertEquals(16, dynamic.maxPositions());
        assertEquals(
                32,
                read("llama", "'rope_scaling':{'type':'dynamic','factor':2.0}").maxPositions());
    }

    @Test
    void yarnSharpensAttentionByItsFactorUnlessToldHow() {
        String yarn = "'rope_scaling':{'rope_type':'yarn','factor':4.0,'original_max_position_embeddings':8%s}";
        double sharpened = 0.1 * Math.log(4) + 1;
        assertEquals(
                new Rope.Yarn(4, 1, 32, 8, sharpened, true),
                read("llama", yarn.formatted("")).rope().scaling());
        assertEquals(
                new Rope.Yarn(4, 2, 16, 8, 1.5, false),
                read("llama", yarn.formatted(",'attention_factor':1.5,'beta_slow':2,'beta_fast':16,'truncate':false"))
                        .rope()
                        .scaling());
        assertEquals(
                1,
                read("llama", yarn.formatted(",'mscale':1.0,'mscale_all_dim':1.0"))
                        .rope()
                        .attention());
        assertEquals(
                "config.json: rope_scaling.short_factor is not supported",
                refusal("llama", yarn.formatted(",'short_factor':[1]")));
    }
}
