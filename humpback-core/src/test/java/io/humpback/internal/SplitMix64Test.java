package io.humpback.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SplitMix64Test {

    /** The JDK's generator is SplitMix64, with this gamma when it is made of a seed. */
    @Test
    void numbersAreThoseOfTheJdksGenerator() {
        SplittableRandom random = new SplittableRandom(42);
        for (long state = 42, i = 0; i < 100; i++, state += SplitMix64.GAMMA) {
            assertEquals(random.nextLong(), SplitMix64.next(state));
        }
        assertEquals(SplitMix64.next(7), SplitMix64.mix(7 + SplitMix64.GAMMA));
    }
}
