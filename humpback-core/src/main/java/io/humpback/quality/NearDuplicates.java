package io.humpback.quality;

import static io.humpback.internal.Arguments.require;

import io.humpback.internal.SplitMix64;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Finds texts that are nearly the same as an earlier one: candidates by MinHash and banding (Broder 1997; Leskovec,
 * Rajaraman, Ullman, chapter 3), then the exact Jaccard similarity of the two sets of word 5-grams. What is reported as a
 * near-duplicate always is one.
 *
 * <p>Words are the runs of letters, numbers and underscores of the lower-cased text; in scripts that put no spaces
 * between words (Chinese, Japanese, Thai, Lao, Khmer, Burmese, Tibetan) each letter is a word. A text of 1 to 4 words is
 * one shingle of all its words; a text without words has no shingles and is like no other.
 *
 * <p>Twenty bands of four hashes make a pair of similarity s a candidate with probability 1 - (1 - s^4)^20: 0.996 at
 * 0.7, 0.94 at 0.6, 0.0001 at 0.05. Equal sets are always found. A text is compared with at most the 256 latest that
 * share a band, so that thousands of texts of one template, each unlike enough to be kept, do not make adding slow.
 *
 * <p>Memory: 8 bytes for each different shingle (about one a word) of a text that was kept, and some 500 to 700 bytes
 * more; a segment of 1,700 characters takes about 3 KB, in scripts without spaces 14 KB. Texts themselves are not held.
 * The result depends on the texts and their order alone. Thread-safe, one text at a time.
 */
public final class NearDuplicates {

    static final int BANDS = 20;
    static final int ROWS = 4;
    private static final int MAX_COMPARED = 256;
    private static final int WORDS = 5;

    private static final Set<Character.UnicodeScript> WITHOUT_SPACES = EnumSet.of(
            Character.UnicodeScript.HAN,
            Character.UnicodeScript.HIRAGANA,
            Character.UnicodeScript.KATAKANA,
            Character.UnicodeScript.BOPOMOFO,
            Character.UnicodeScript.THAI,
            Character.UnicodeScript.LAO,
            Character.UnicodeScript.KHMER,
            Character.UnicodeScript.MYANMAR,
            Character.UnicodeScript.TIBETAN);

    /** The first character of these scripts. */
    private static final int FIRST_ALONE = 0xe00;

    /** What one array of links has room for; the table of keys ends there too. */
    private static final int MAX_KEPT = (1 << 29) / (BANDS + 1);

    /** Odd multipliers and addends of the hash functions: fixed, so that every run finds the same. */
    private static final long[] MULTIPLIERS = new long[BANDS * ROWS];

    private static final long[] ADDENDS = new long[BANDS * ROWS];

    static {
        for (int i = 0; i < BANDS * ROWS; i++) {
            MULTIPLIERS[i] = SplitMix64.next(2L * i + 1) | 1;
            ADDENDS[i] = SplitMix64.next(2L * i + 2);
        }
    }

    private final double threshold;
    private final @Nullable LongFunction<String> texts; // where sets are not held

    private long[] numbers = new long[16];

    // the kept texts by number
    private long[][] sets = new long[16][];
    private int[] links = new int[16 * (BANDS + 1)]; // the text before this one in the same band, or -1
    private long[] comparedIn = new long[16]; // the latest addition in which this one was compared
    private int kept;
    private long added;

    // open addressing: key of a band to the last text in it
    private long[] keys = new long[1 << 10];
    private int[] heads = new int[1 << 10];
    private int used;

    private NearDuplicates(double threshold, @Nullable LongFunction<String> texts) {
        this.threshold = threshold;
        this.texts = texts;
        Arrays.fill(heads, -1);
    }

    /** Texts of Jaccard similarity 0.7 or more are near-duplicates: up to one word in thirty changed, or two
     * fifths added. */
    public static NearDuplicates standard() {
        return above(0.7);
    }

    /**
     * Texts of at least this Jaccard similarity, 0.5 to 1, are near-duplicates; below 0.5, banding would miss too many.
     */
    public static NearDuplicates above(double threshold) {
        require(threshold >= 0.5 && threshold <= 1, "threshold", threshold, "0.5 to 1");
        return new NearDuplicates(threshold, null);
    }

    /**
     * {@return an empty copy that holds no shingles: the source gives a kept text again, by the number that it was
     * added with} Memory is then some 600 bytes a text, however long.
     */
    public NearDuplicates rereading(LongFunction<String> source) {
        return new NearDuplicates(threshold, source);
    }

    /** Similarity from which on a text is a near-duplicate. */
    public double threshold() {
        return threshold;
    }

    /**
     * Keeps a text, unless it is a near-duplicate of a text kept before, and says whether it did. Meant as a filter of
     * a stream: {@code segments.filter(s -> nearDuplicates.add(s.text()))}.
     */
    public boolean add(String text) {
        return add(text, kept);
    }

    /** Keeps a text under a number, unless it is a near-duplicate of a text kept before, and says whether it did. */
    public synchronized boolean add(String text, long number) {
        long[] set = shingles(text);
        if (set.length == 0) {
            return true;
        }
        if (kept == MAX_KEPT) {
            throw new IllegalStateException("near-duplicates: " + kept + " texts kept, no more can be");
        }
        long[] bands = bands(set);
        added++;
        for (int b = 0; b < bands.length; b++) {
            int other = heads[slot(bands[b])];
            for (int compared = 0; other >= 0 && compared < MAX_COMPARED; compared++) {
                if (comparedIn[other] != added) {
                    comparedIn[other] = added;
                    if (jaccard(set, set(other)) >= threshold) {
                        return false;
                    }
                }
                other = links[other * bands.length + b];
            }
        }
        keep(set, bands, number);
        return true;
    }

    private long[] set(int index) {
        return texts == null ? sets[index] : shingles(texts.apply(numbers[index]));
    }

    /** {@return the exact Jaccard similarity of the sets of word 5-grams of two texts; NaN if neither has a word} */
    public static double jaccard(String a, String b) {
        return jaccard(shingles(a), shingles(b));
    }

    /**
     * {@return the keys of a text, under which it and its near-duplicates are candidates of each other: one for each of 20 bands, and
     * one for the text as a whole} For where candidates are found by a join, and then compared by {@link #jaccard}. The n-th
     * keys of two texts are to be compared; a text without words has none.
     */
    public static long[] keys(String text) {
        long[] set = shingles(text);
        return set.length == 0 ? set : bands(set);
    }

    private static double jaccard(long[] a, long[] b) {
        int shared = 0;
        for (int i = 0, j = 0; i < a.length && j < b.length; ) {
            if (a[i] == b[j]) {
                shared++;
                i++;
                j++;
            } else if (a[i] < b[j]) {
                i++;
            } else {
                j++;
            }
        }
        return (double) shared / (a.length + b.length - shared);
    }

    /** The hashes of a text's shingles, ascending, each once. */
    static long[] shingles(String text) {
        long[] words = words(text);
        if (words.length == 0) {
            return words;
        }
        long[] set = new long[Math.max(1, words.length - WORDS + 1)];
        for (int i = 0; i < set.length; i++) {
            long hash = 0;
            for (int w = i; w < Math.min(i + WORDS, words.length); w++) {
                hash = SplitMix64.next(hash + words[w]);
            }
            set[i] = hash;
        }
        Arrays.sort(set);
        int n = 1;
        for (int i = 1; i < set.length; i++) {
            if (set[i] != set[n - 1]) {
                set[n++] = set[i];
            }
        }
        return Arrays.copyOf(set, n);
    }

    /** The hashes of a text's words, in order. */
    private static long[] words(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        long[] words = new long[16];
        int n = 0;
        long hash = 0;
        boolean inWord = false;
        for (int i = 0; i < lower.length(); ) {
            int c = lower.codePointAt(i);
            i += Character.charCount(c);
            boolean letter = isWordCharacter(c);
            boolean alone = letter && isWordAlone(c);
            if (inWord && (!letter || alone)) {
                words = add(words, n++, hash);
                inWord = false;
            }
            if (alone) {
                words = add(words, n++, SplitMix64.next(c));
            } else if (letter) {
                hash = SplitMix64.next((inWord ? hash : 0) + c);
                inWord = true;
            }
        }
        if (inWord) {
            words = add(words, n++, hash);
        }
        return Arrays.copyOf(words, n);
    }

    private static long[] add(long[] words, int n, long word) {
        long[] longer = n == words.length ? Arrays.copyOf(words, 2 * n) : words;
        longer[n] = word;
        return longer;
    }

    /** Whether a letter is of a script in which no spaces part words. */
    private static boolean isWordAlone(int c) {
        return c >= FIRST_ALONE && WITHOUT_SPACES.contains(Character.UnicodeScript.of(c));
    }

    /** Letters, numbers of any kind and the underscore, but no combining marks: what Python's \\w takes. */
    private static boolean isWordCharacter(int c) {
        return switch (Character.getType(c)) {
            case Character.LETTER_NUMBER, Character.OTHER_NUMBER -> true;
            default -> c == '_' || Character.isLetterOrDigit(c);
        };
    }

    /** A key for each band of the set's MinHash signature, and one for the set as a whole. */
    private static long[] bands(long[] set) {
        long[] bands = new long[BANDS + 1];
        for (int b = 0; b < BANDS; b++) {
            long key = b;
            for (int r = b * ROWS; r < (b + 1) * ROWS; r++) {
                long least = Long.MAX_VALUE;
                for (long shingle : set) {
                    least = Math.min(least, shingle * MULTIPLIERS[r] + ADDENDS[r] >>> 1);
                }
                key = SplitMix64.next(key + least);
            }
            bands[b] = key;
        }
        long whole = BANDS;
        for (long shingle : set) {
            whole = SplitMix64.next(whole + shingle);
        }
        bands[BANDS] = whole;
        return bands;
    }

    private void keep(long[] set, long[] bands, long number) {
        if (kept == numbers.length) {
            int larger = (int) Math.min(MAX_KEPT, kept + (kept >> 1) + 1L);
            sets = texts == null ? Arrays.copyOf(sets, larger) : sets;
            numbers = Arrays.copyOf(numbers, larger);
            comparedIn = Arrays.copyOf(comparedIn, larger);
            links = Arrays.copyOf(links, larger * bands.length);
        }
        if (texts == null) {
            sets[kept] = set;
        }
        numbers[kept] = number;
        for (int b = 0; b < bands.length; b++) {
            if (3L * used > 2L * heads.length) {
                rehash();
            }
            int slot = slot(bands[b]);
            used += heads[slot] < 0 ? 1 : 0;
            links[kept * bands.length + b] = heads[slot];
            keys[slot] = bands[b];
            heads[slot] = kept;
        }
        kept++;
    }

    /** The slot of a key, or the free one where it belongs. */
    private int slot(long key) {
        int slot = (int) key & (heads.length - 1);
        while (heads[slot] >= 0 && keys[slot] != key) {
            slot = (slot + 1) & (heads.length - 1);
        }
        return slot;
    }

    private void rehash() {
        long[] oldKeys = keys;
        int[] oldHeads = heads;
        keys = new long[2 * oldKeys.length];
        heads = new int[keys.length];
        Arrays.fill(heads, -1);
        for (int i = 0; i < oldHeads.length; i++) {
            if (oldHeads[i] >= 0) {
                int slot = slot(oldKeys[i]);
                keys[slot] = oldKeys[i];
                heads[slot] = oldHeads[i];
            }
        }
    }
}
