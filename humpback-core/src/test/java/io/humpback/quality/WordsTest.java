package io.humpback.quality;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class WordsTest {

    @Test
    void wordsAreRunsOfLettersAndDigitsInLowerCase() {
        assertEquals(
                List.of("the", "reader's", "x86", "cpu", "isn\u2019t", "\u00fcber", "\u89e3"),
                Words.of("The reader's x86-CPU isn\u2019t \"\u00dcber\" \u89e3!")
                        .list());
        assertEquals(List.of("rock'n", "roll"), Words.of("'rock'n' roll'").list());
        assertEquals(List.of(), Words.of(" '-' ").list());
    }

    @Test
    void runsEndInEachWord() {
        int[] runs = Words.of("a b c x a b").runsIn(Words.of("z a b c a"));
        assertArrayEquals(new int[] {1, 2, 3, 0, 1, 2}, runs);
        assertEquals(3 / 6.0, Words.covered(runs, 3));
        assertEquals(5 / 6.0, Words.covered(runs, 2));
        assertEquals(0, Words.covered(runs, 4));
        assertEquals(0, Words.covered(new int[0], 1));
    }

    @Property(tries = 300)
    void runsAreThoseThatASearchFinds(@ForAll("letters") List<String> here, @ForAll("letters") List<String> there) {
        int[] runs = new Words(here).runsIn(new Words(there));
        for (int i = 0; i < here.size(); i++) {
            int longest = 0;
            for (int start = 0; start <= i; start++) {
                if (Collections.indexOfSubList(there, here.subList(start, i + 1)) >= 0) {
                    longest = Math.max(longest, i + 1 - start);
                }
            }
            assertEquals(longest, runs[i]);
        }
        assertTrue(Words.covered(runs, 1) >= Words.covered(runs, 2));
    }

    @Provide
    Arbitrary<List<String>> letters() {
        return Arbitraries.of("a", "b", "c").list().ofMaxSize(12);
    }
}
