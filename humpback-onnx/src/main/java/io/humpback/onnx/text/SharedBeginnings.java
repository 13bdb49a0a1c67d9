package io.humpback.onnx.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Encodes texts of which many begin alike, such as prompts with one rubric, and encodes what they share once. Such a
 * beginning is found by comparing a text with the one before. It ends in a single line end, with text before it and a letter
 * or digit after it: there nothing merges, unless the tokenizer is one of the few that do not split text there, with which
 * all texts are encoded as a whole. (Of several line ends GPT-2's pattern joins the last with the others if nothing
 * follows.) Safe for use from many threads.
 */
final class SharedBeginnings {

    /** Characters of a beginning that is worth keeping. */
    private static final int MIN_CHARS = 200;

    /** Characters of a text that is compared with others. */
    private static final int MAX_CHARS = 1 << 16;

    /** Beginnings that are kept; the rubrics of a judge are a handful. */
    private static final int MAX_KEPT = 8;

    private final Tokenizer tokenizer;
    private volatile List<Beginning> kept = List.of(); // the newest last
    private volatile String before = "";
    private volatile boolean splits;

    SharedBeginnings(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
        this.splits = tokenizer.splitsAtLineEnds();
    }

    private record Beginning(String text, int[] ids) {
        boolean isOf(String other) {
            return other.length() > text.length()
                    && Character.isLetterOrDigit(other.charAt(text.length()))
                    && other.startsWith(text);
        }
    }

    /** {@return the ids of a text with marked control tokens} */
    int[] encode(String marked) {
        for (Beginning beginning : kept) {
            if (beginning.isOf(marked)) {
                return PromptEncoder.joined(
                        beginning.ids, tokenizer.encodeMarked(marked.substring(beginning.text.length())));
            }
        }
        int[] ids = tokenizer.encodeMarked(marked);
        if (splits && marked.length() <= MAX_CHARS) {
            learn(marked, ids);
        }
        return ids;
    }

    private synchronized void learn(String marked, int[] ids) {
        int end = end(before, marked);
        before = marked;
        if (end < MIN_CHARS || kept.stream().anyMatch(known -> known.isOf(marked))) {
            return;
        }
        Beginning beginning = new Beginning(marked.substring(0, end), tokenizer.encodeMarked(marked.substring(0, end)));
        if (!Arrays.equals(ids, PromptEncoder.joined(beginning.ids, tokenizer.encodeMarked(marked.substring(end))))) {
            splits = false; // never seen, but ids matter more than time
            return;
        }
        List<Beginning> next = new ArrayList<>(kept);
        if (next.size() == MAX_KEPT) {
            next.remove(0);
        }
        next.add(beginning);
        kept = List.copyOf(next);
    }

    /** {@return the last place up to which two texts are equal and where both may be split} */
    private static int end(String one, String other) {
        int equal = 0;
        int most = Math.min(one.length(), other.length()) - 1;
        while (equal < most && one.charAt(equal) == other.charAt(equal)) {
            equal++;
        }
        for (int end = equal; end > 1; end--) {
            if (one.charAt(end - 1) == '\n'
                    && !Character.isWhitespace(one.charAt(end - 2))
                    && Character.isLetterOrDigit(one.charAt(end))
                    && Character.isLetterOrDigit(other.charAt(end))) {
                return end;
            }
        }
        return 0;
    }
}
