package io.humpback.onnx.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.model.ModelException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HuggingFaceConfigTest {

    private static final Path FILE = Path.of("config.json");

    private static final String LLAMA3 = "{\"rope_type\":\"llama3\",\"factor\":8.0,\"low_freq_factor\":1.0,"
            + "\"high_freq_factor\":4.0,\"original_max_position_embeddings\":16}";

    private static LlamaConfig read(ObjectNode config) {
        return HuggingFaceConfig.read(FILE, config, null, DType.F32);
    }

    private static ObjectNode with(String key, String json) {
        ObjectNode config = TinyLlama.config();
        config.setAll(Json.object(FILE, "{\"" + key + "\":" + json + "}"));
        return config;
    }

    private static void assertRefused(String expected, ObjectNode config) {
        String message = assertThrows(ModelException.class, () -> read(config)).getMessage();
        assertTrue(message.startsWith("config.json: "), message);
        assertTrue(message.contains(expected), message);
    }

    @Test
    void everySettingIsRead() {
        assertEquals(TinyLlama.CONFIG, read(TinyLlama.config()));
    }

    @Test
    void whatIsAbsentMeansWhatItMeansToTransformers() {
        ObjectNode config = TinyLlama.config();
        config.remove(List.of("num_key_value_heads", "bos_token_id", "eos_token_id"));
        LlamaConfig read = read(config);
        assertEquals(2, read.kvHeads());
        assertEquals(4, read.headDim());
        assertEquals(OptionalInt.empty(), read.bosId());
        assertEquals(List.of(), read.endIds());
        assertEquals(new Rope(10_000, null), read.rope());
        assertEquals(
                read,
                read(with("head_dim", "null").without(List.of("num_key_value_heads", "bos_token_id", "eos_token_id"))));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "vocab_size",
                "hidden_size",
                "intermediate_size",
                "num_hidden_layers",
                "num_attention_heads",
                "max_position_embeddings",
                "rms_norm_eps"
            })
    void sizesHaveToBeThere(String key) {
        ObjectNode config = TinyLlama.config();
        config.remove(key);
        assertRefused(key + " = (absent)", config);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "8.0", "\"8\"", "2147483648", "true", "[8]", "1e3"})
    void sizesAreWholeNumbersFromOneOn(String value) {
        assertRefused("intermediate_size = ", with("intermediate_size", value));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1e-5", "\"1e-5\"", "1e999", "null", "[]"})
    void theEpsilonIsANumberAboveZero(String value) {
        assertRefused("rms_norm_eps = ", with("rms_norm_eps", value));
    }

    @Test
    void headsHaveToFit() {
        assertRefused(
                "num_attention_heads 3: expected a multiple of num_key_value_heads 2",
                with("num_key_value_heads", "2").put("num_attention_heads", 3));
        assertRefused("hidden_size 9", with("hidden_size", "9"));
        assertRefused("head_dim 3", with("head_dim", "3"));
        assertEquals(16, read(with("head_dim", "16")).headDim());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "model_type; \"mixtral\"",
                "model_type; null",
                "architectures; [\"MistralForCausalLM\"]",
                "architectures; [\"LlamaForTokenClassification\"]",
                "architectures; []",
                "attention_bias; 1",
                "mlp_bias; 1",
                "sliding_window; 4096",
                "hidden_act; \"gelu\"",
                "quantization_config; {\"quant_method\":\"gptq\"}",
                "partial_rotary_factor; 0.5",
                "rope_interleaved; true",
                "attn_logit_softcapping; 50.0",
                "layer_types; [\"full_attention\",\"sliding_attention\"]",
                "tie_word_embeddings; 1"
            })
    void otherArchitecturesAndFeaturesAreRefusedByName(String key, String value) {
        assertRefused(key, with(key, value));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "architectures; [\"LlamaForCausalLM\"]",
                "architectures; null",
                "attention_bias; false",
                "sliding_window; null",
                "hidden_act; \"silu\"",
                "quantization_config; null",
                "partial_rotary_factor; 1.0",
                "pretraining_tp; 2",
                "layer_types; [\"full_attention\",\"full_attention\"]",
                "rope_scaling; null",
                "rope_scaling; {\"rope_type\":\"default\"}",
                "rope_parameters; {\"rope_type\":\"default\",\"rope_theta\":10000.0}",
                "rope_theta; 10000",
                "use_cache; false"
            })
    void settingsThatChangeNothingAreFine(String key, String value) {
        assertEquals(TinyLlama.CONFIG, read(with(key, value)));
    }

    @Test
    void ropeScalingIsReadFromEitherLayout() {
        Rope expected = new Rope(500_000, new Rope.Llama3(8, 1, 4, 16));
        assertEquals(
                expected,
                read(with("rope_scaling", LLAMA3).put("rope_theta", 500_000)).rope());
        assertEquals(
                expected,
                read(with("rope_scaling", LLAMA3.replace("rope_type", "type")).put("rope_theta", 5e5))
                        .rope());
        String inside = LLAMA3.replace("{", "{\"rope_theta\":500000.0,");
        assertEquals(expected, read(with("rope_parameters", inside)).rope());
        ObjectNode both = with("rope_parameters", inside).put("rope_theta", 500_000);
        both.setAll(with("rope_scaling", LLAMA3));
        both.put("rope_theta", 500_000);
        assertEquals(expected, read(both).rope());
        both.setAll(with("rope_scaling", LLAMA3.replace("8.0", "9.0")));
        both.put("rope_theta", 500_000);
        assertRefused("rope_parameters and rope_scaling differ", both);
    }

    @Test
    void contradictingThetasAreRefused() {
        ObjectNode config = with("rope_parameters", "{\"rope_type\":\"default\",\"rope_theta\":5000.0}");
        assertRefused("rope_theta differs from rope_parameters.rope_theta", config.put("rope_theta", 10_000));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ntk", "proportional", "", "LLAMA3"})
    void otherRopeTypesAreRefusedByName(String type) {
        assertRefused("\"" + type + "\" is not supported", with("rope_scaling", LLAMA3.replace("llama3", type)));
    }

    @Test
    void incompleteAndImpossibleRopeScalingIsRefused() {
        assertRefused("rope_scaling.rope_type (absent)", with("rope_scaling", "{\"factor\":8.0}"));
        assertRefused("factor = (absent)", with("rope_scaling", LLAMA3.replace("\"factor\":8.0,", "")));
        assertRefused("rope_scaling.factor 0.5", with("rope_scaling", LLAMA3.replace("8.0", "0.5")));
        assertRefused("low_freq_factor 1.0", with("rope_scaling", LLAMA3.replace("4.0", "1.0")));
        assertRefused("original_max_position_embeddings", with("rope_scaling", LLAMA3.replace("16", "16.5")));
        assertRefused("rope_scaling.beta_fast", with("rope_scaling", LLAMA3.replace("{", "{\"beta_fast\":32,")));
        assertRefused("rope_parameters.full_attention", with("rope_parameters", "{\"full_attention\":" + LLAMA3 + "}"));
        assertRefused("rope_scaling = [1]", with("rope_scaling", "[1]"));
        assertRefused(
                "rope_parameters.partial_rotary_factor",
                with("rope_parameters", LLAMA3.replace("{", "{\"partial_rotary_factor\":0.5,")));
    }

    @Test
    void endTokensAreOneOrAList() {
        assertEquals(List.of(3), read(with("eos_token_id", "3")).endIds());
        assertEquals(List.of(3, 7), read(with("eos_token_id", "[3,7]")).endIds());
        assertEquals(List.of(), read(with("eos_token_id", "null")).endIds());
    }

    @Test
    void endTokensOfTheGenerationConfigCountWhereItNamesThem() {
        ObjectNode generation = Json.object(FILE, "{\"eos_token_id\":[4,5]}");
        assertEquals(
                List.of(4, 5),
                HuggingFaceConfig.read(FILE, TinyLlama.config(), generation, DType.F32)
                        .endIds());
        generation.putNull("eos_token_id");
        assertEquals(
                List.of(2),
                HuggingFaceConfig.read(FILE, TinyLlama.config(), generation, DType.F32)
                        .endIds());
        generation.put("eos_token_id", 10);
        String message = assertThrows(
                        ModelException.class,
                        () -> HuggingFaceConfig.read(FILE, TinyLlama.config(), generation, DType.F32))
                .getMessage();
        assertEquals("generation_config.json: eos_token_id = 10, expected ids from 0 to 9", message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "10", "\"</s>\"", "[1,-1]", "1.0", "[null]", "{}"})
    void idsOutsideTheVocabularyAreRefused(String value) {
        assertRefused("eos_token_id = ", with("eos_token_id", value));
        assertRefused("bos_token_id = ", with("bos_token_id", value));
    }
}
