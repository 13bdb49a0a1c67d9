package io.humpback.onnx.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.humpback.onnx.checkpoint.WeightName.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WeightNameTest {

    @Test
    void everyTensorOfAConfigurationIsFoundByItsText() {
        List<WeightName> names = new ArrayList<>();
        TinyLlama.CONFIG.forEachTensor((name, shape) -> {
            assertEquals(Optional.of(name), WeightName.find(name.toString()));
            assertArrayEquals(TinyLlama.CONFIG.shape(name.part()), shape);
            names.add(name);
        });
        assertEquals("model.embed_tokens.weight", names.get(0).toString());
        assertEquals("model.layers.1.mlp.down_proj", names.get(18).module());
        assertEquals(21, names.size());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "model.layers.0.self_attn.q_proj",
                "model.layers.01.self_attn.q_proj.weight",
                "model.layers.-1.self_attn.q_proj.weight",
                "model.layers.0.lm_head.weight",
                "self_attn.q_proj.weight",
                "rotary_embedding.cosine",
                "x.weight"
            })
    void anyOtherTextNamesNothing(String text) {
        assertEquals(Optional.empty(), WeightName.find(text));
        assertThrows(IllegalArgumentException.class, () -> WeightName.of(text));
    }

    @Test
    void joinedPartsConsistOfStoredOnes() {
        WeightName joined = WeightName.of("model.layers.3.self_attn.qkv_proj.weight");
        assertEquals(List.of(joined.with(Part.Q), joined.with(Part.K), joined.with(Part.V)), joined.parts());
        assertEquals(Part.QKV, Part.K.whole());
        assertEquals(Part.GATE_UP, Part.UP.whole());
        assertEquals(Part.DOWN, Part.DOWN.whole());
        assertEquals(List.of(WeightName.HEAD), WeightName.HEAD.parts());
        assertArrayEquals(new long[] {16, 8}, TinyLlama.CONFIG.shape(Part.QKV));
    }

    @Test
    void aPartOfABlockNeedsItsNumberAndNoOtherHasOne() {
        assertThrows(IllegalArgumentException.class, () -> new WeightName(WeightName.NO_LAYER, Part.Q));
        assertThrows(IllegalArgumentException.class, () -> new WeightName(0, Part.HEAD));
    }
}
