package io.humpback.quality;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.ReferenceData;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class NearDuplicatesTest {

    @Test
    void similaritiesAreThoseOfTheReference() throws IOException {
        JsonNode pairs = ReferenceData.json("data/golden/near-duplicates.json").path("pairs");
        assertEquals(61, pairs.size());
        for (JsonNode pair : pairs) {
            String a = pair.path("a").asText();
            String b = pair.path("b").asText();
            JsonNode expected = pair.path("regex");
            String kind = pair.path("kind").asText();
            assertEquals(expected.path("shingles").path(0).asInt(), NearDuplicates.shingles(a).length, kind);
            assertEquals(expected.path("shingles").path(1).asInt(), NearDuplicates.shingles(b).length, kind);
            JsonNode jaccard = expected.path("jaccard");
            assertEquals(jaccard.isNull() ? Double.NaN : jaccard.asDouble(), NearDuplicates.jaccard(a, b), 0, kind);
            NearDuplicates seen = NearDuplicates.standard();
            assertTrue(seen.add(a));
            if (jaccard.asDouble() < 0.7) {
                assertTrue(seen.add(b), kind);
            } else if (jaccard.asDouble() > 0.8) {
                assertFalse(seen.add(b), kind);
            }
        }
    }

    /** Jaccard similarity with sets of strings, for texts of lower-case words. */
    private static double plainly(List<String> a, List<String> b) {
        Set<String> union = new HashSet<>();
        Set<String> left = grams(a);
        Set<String> right = grams(b);
        union.addAll(left);
        union.addAll(right);
        left.retainAll(right);
        return (double) left.size() / union.size();
    }

    private static Set<String> grams(List<String> words) {
        Set<String> grams = new HashSet<>();
        for (int i = 0; i + 5 <= words.size(); i++) {
            grams.add(String.join(" ", words.subList(i, i + 5)));
        }
        return grams;
    }

    private static List<String> words(Random random, int count, int vocabulary) {
        List<String> words = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            words.add("w" + random.nextInt(vocabulary));
        }
        return words;
    }

    @Property(tries = 200)
    void jaccardIsThatOfSetsOfStrings(
            @ForAll long seed,
            @ForAll @IntRange(min = 5, max = 80) int length,
            @ForAll @IntRange(min = 1, max = 30) int vocabulary) {
        Random random = new Random(seed);
        List<String> a = words(random, length, vocabulary);
        List<String> b = new ArrayList<>(a);
        b.addAll(random.nextInt(length), words(random, 5, vocabulary));
        assertEquals(plainly(a, b), NearDuplicates.jaccard(String.join(" ", a), String.join(", ", b)), 0);
    }

    @Test
    void bandingFindsWhatTheExactSimilarityFinds() {
        Random random = new Random(3);
        NearDuplicates seen = NearDuplicates.standard();
        List<List<String>> originals = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            originals.add(words(random, 100 + random.nextInt(200), 20_000));
            assertTrue(seen.add(String.join(" ", originals.get(i))));
        }
        int above = 0;
        int found = 0;
        for (List<String> original : originals) {
            List<String> copy = new ArrayList<>(original);
            for (int edits = random.nextInt(copy.size() / 20); edits > 0; edits--) {
                copy.set(random.nextInt(copy.size()), "edit" + random.nextInt(1000));
            }
            boolean kept = seen.add(String.join(" ", copy));
            boolean near = plainly(original, copy) >= 0.7;
            assertTrue(near || kept, "nothing below the threshold is dropped");
            above += near ? 1 : 0;
            found += near && !kept ? 1 : 0;
        }
        assertTrue(above > 500, "" + above);
        assertTrue(found >= 0.99 * above, found + " of " + above);
    }

    @Test
    void equalTextsAreFoundAmongThousandsOfOneTemplate() {
        Random random = new Random(5);
        String template = String.join(" ", words(random, 120, 1000));
        NearDuplicates seen = NearDuplicates.standard();
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 3000; i++) { // similarity about 0.46
            texts.add(template + " " + String.join(" ", words(random, 70, 100_000)));
        }
        texts.forEach(text -> assertTrue(seen.add(text)));
        texts.forEach(text -> assertFalse(seen.add(text)));
    }

    @Test
    void textsWithoutWordsAreLikeNoOther() {
        NearDuplicates seen = NearDuplicates.standard();
        assertTrue(seen.add(""));
        assertTrue(seen.add(""));
        assertTrue(seen.add("... !?"));
        assertTrue(seen.add("one word"));
        assertFalse(seen.add("One, word."));
    }

    /** Letters of a script that puts no spaces between words, in sentences. */
    private static String letters(int first, int count, int length, String end) {
        Random random = new Random(first);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.appendCodePoint(first + random.nextInt(count)).append(i % 9 == 8 ? end : "");
        }
        return text.toString();
    }

    private static String changed(String text, int letters) {
        int[] points = text.codePoints().toArray();
        for (int i = 0; i < letters; i++) {
            int at = (2 * i + 1) * points.length / (2 * letters);
            points[at] = points[(at + 7 * i + 3) % points.length];
        }
        return new String(points, 0, points.length);
    }

    /** One letter in a hundred changed is a near-duplicate; a text of the same letters is none. */
    @Test
    void textsWithoutSpacesAreComparedByTheirLetters() {
        int[][] scripts = {
            {0x4e00, 600},
            {0x20000, 600},
            {0x3042, 60},
            {0x30a2, 60},
            {0xe01, 40},
            {0xe81, 40},
            {0x1780, 35},
            {0x1000, 40}
        };
        for (int[] script : scripts) {
            for (String end : List.of("", "。", " ", "၊ ")) {
                String text = letters(script[0], script[1], 1000, end);
                for (int letters : new int[] {1, 3, 10}) {
                    NearDuplicates seen = NearDuplicates.standard();
                    assertTrue(seen.add(text));
                    assertFalse(seen.add(changed(text, letters)), text.substring(0, 9) + letters);
                    assertTrue(seen.add(changed(text, 300)), text.substring(0, 9));
                }
            }
        }
        assertEquals(3, NearDuplicates.shingles("川は古い町abc を").length, "a word between letters is one");
        assertEquals(
                NearDuplicates.shingles("コーヒー、豆").length,
                NearDuplicates.shingles("コ ー ヒ ー 豆").length,
                "the long mark is a letter");
    }

    @Test
    void whatWasDroppedIsNotComparedWith() {
        NearDuplicates seen = NearDuplicates.above(0.5);
        assertTrue(seen.add("a b c d e f g"));
        assertFalse(seen.add("a b c d e f g h"));
        assertEquals(0.5, NearDuplicates.jaccard("a b c d e f g", "b c d e f g h"), 0);
    }

    @Test
    void memoryPerTextIsAsStated() {
        Random random = new Random(9);
        NearDuplicates seen = NearDuplicates.standard();
        int texts = 20_000;
        long before = used();
        for (int i = 0; i < texts; i++) {
            seen.add(String.join(" ", words(random, 100, 50_000)));
        }
        double each = (used() - before) / (double) texts;
        assertTrue(seen.add("still in use"));
        assertTrue(each < 8 * 96 + 1000, each + " bytes a text");
    }

    private static long used() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    @Test
    void thresholdsThatBandingWouldMissAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> NearDuplicates.above(0.49));
        assertThrows(IllegalArgumentException.class, () -> NearDuplicates.above(Double.NaN));
        assertEquals(0.7, NearDuplicates.standard().threshold());
    }
}
