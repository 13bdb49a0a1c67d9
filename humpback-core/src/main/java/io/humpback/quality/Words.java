package io.humpback.quality;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The words of a text, in lower case: runs of letters and digits, an apostrophe between two of them included.
 *
 * @param list the words in their order
 */
record Words(List<String> list) {

    /** {@return the words of a text} */
    static Words of(String text) {
        List<String> words = new ArrayList<>();
        int start = -1;
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            int next = i + Character.charCount(c);
            if (Character.isLetterOrDigit(c)) {
                start = start < 0 ? i : start;
            } else if (start >= 0 && !(isApostrophe(c) && letterAt(text, next))) {
                words.add(text.substring(start, i).toLowerCase(Locale.ROOT));
                start = -1;
            }
            i = next;
        }
        if (start >= 0) {
            words.add(text.substring(start).toLowerCase(Locale.ROOT));
        }
        return new Words(words);
    }

    private static boolean isApostrophe(int c) {
        return c == '\'' || c == '\u2019';
    }

    private static boolean letterAt(String text, int index) {
        return index < text.length() && Character.isLetterOrDigit(text.codePointAt(index));
    }

    int size() {
        return list.size();
    }

    /** {@return for each word the length of the longest run of words ending in it that also stands in the other text} */
    int[] runsIn(Words other) {
        int[] longest = new int[size()];
        int[] previous = new int[other.size() + 1]; // run that ends at word i - 1 here and word j - 1 there
        int[] current = new int[other.size() + 1];
        for (int i = 0; i < size(); i++) {
            for (int j = 0; j < other.size(); j++) {
                current[j + 1] = list.get(i).equals(other.list.get(j)) ? previous[j] + 1 : 0;
                longest[i] = Math.max(longest[i], current[j + 1]);
            }
            int[] swap = previous;
            previous = current;
            current = swap;
        }
        return longest;
    }

    /**
     * {@return the share of words, in [0, 1], that lie in runs of at least {@value CandidateChecks#RUN} which also stand in the other text; 0 where fewer than half of
     * them stand there at all}
     */
    double coveredBy(Words other) {
        Set<String> known = new HashSet<>(other.list);
        long common = list.stream().filter(known::contains).count();
        return 2 * common < size() ? 0 : covered(runsIn(other), CandidateChecks.RUN); // runs are dear to find
    }

    /** {@return the share of words, in [0, 1], that lie in a shared run of at least {@code length} words} */
    static double covered(int[] runs, int length) {
        BitSet covered = new BitSet();
        for (int i = 0; i < runs.length; i++) {
            if (runs[i] >= length) {
                covered.set(i - runs[i] + 1, i + 1);
            }
        }
        return runs.length == 0 ? 0 : (double) covered.cardinality() / runs.length;
    }
}
