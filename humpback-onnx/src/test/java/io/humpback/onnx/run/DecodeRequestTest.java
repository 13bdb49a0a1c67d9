package io.humpback.onnx.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.humpback.model.Sampling;
import java.util.Collections;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DecodeRequestTest {

    private static Set<Integer> ends(Sampling sampling) {
        return new DecodeRequest(
                        Collections.emptyIterator(),
                        sampling,
                        Set.of(2, 3),
                        10,
                        1,
                        ids -> "",
                        (items, prompt, shared, written) -> {})
                .ends();
    }

    @Test
    void theSamplingAddsEndsAndMayIgnoreTheModels() {
        assertEquals(Set.of(2, 3), ends(Sampling.greedy()));
        assertEquals(Set.of(2, 3, 7), ends(Sampling.greedy().stopTokens(7)));
        assertEquals(Set.of(7), ends(Sampling.greedy().stopTokens(7).ignoreEnd(true)));
    }
}
