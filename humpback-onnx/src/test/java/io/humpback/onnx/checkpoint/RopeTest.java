package io.humpback.onnx.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RopeTest {

    private static void assertFrequencies(JsonNode expected, double[] found) {
        assertEquals(expected.size(), found.length);
        for (int i = 0; i < found.length; i++) {
            double value = expected.get(i).doubleValue();
            assertEquals(value, found[i], value * 1e-6, "pair " + i);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-llama3", "tiny-llama3-headdim"})
    void llama3ScalingHasTheReferenceFrequencies(String model) throws IOException {
        Rope rope = new Rope(500_000, new Rope.Llama3(32, 1, 4, 64));
        assertFrequencies(
                Shared.json("data/golden/" + model + "/goldens.json").get("inv_freq_fp32"),
                rope.inverseFrequencies(16));
    }

    @Test
    void withoutScalingTheFrequenciesAreThoseOfTheReference() throws IOException {
        assertFrequencies(
                Shared.json("data/golden/tiny-llama2/goldens.json").get("inv_freq_fp32"),
                new Rope(10_000, null).inverseFrequencies(16));
    }

    @Test
    void divisorsAreTheSameScalingInAnotherForm() throws IOException {
        List<Float> divisors = new ArrayList<>();
        Shared.json("data/golden/tiny-gguf/goldens.json")
                .get("rope_freqs")
                .forEach(value -> divisors.add(value.floatValue()));
        assertFrequencies(
                Shared.json("data/golden/tiny-llama3/goldens.json").get("inv_freq_fp32"),
                new Rope(500_000, new Rope.Divisors(divisors)).inverseFrequencies(16));
    }

    @Test
    void fastFrequenciesAreKeptSlowOnesDividedThoseBetweenBlended() {
        Rope.Llama3 scaling = new Rope.Llama3(8, 1, 4, 1000);
        Rope rope = new Rope(10_000, scaling);
        double turn = 2 * Math.PI / 1000;
        assertEquals(5 * turn, scaling.scaled(5 * turn, 0, rope, 64), 1e-15);
        assertEquals(4 * turn, scaling.scaled(4 * turn, 0, rope, 64), 1e-15);
        assertEquals(turn / 8, scaling.scaled(turn, 0, rope, 64), 1e-15);
        assertEquals(turn / 16, scaling.scaled(turn / 2, 0, rope, 64), 1e-15);
        assertEquals(2.5 * turn * (0.5 / 8 + 0.5), scaling.scaled(2.5 * turn, 0, rope, 64), 1e-15);
    }

    @Test
    void thereIsOneFrequencyForEachPair() {
        assertArrayEquals(new double[] {1, 0.1}, new Rope(100, null).inverseFrequencies(4), 1e-15);
    }
}
