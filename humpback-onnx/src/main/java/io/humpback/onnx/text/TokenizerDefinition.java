package io.humpback.onnx.text;

import io.humpback.model.ModelException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a byte-level BPE tokenizer is made of, checked. The native library ends the whole process where a tokenizer
 * drives it into a panic (a regular expression that backtracks too far does), so it never sees a stranger's file: it
 * gets one that {@link TokenizerJson#write} writes from the parts known here. Anything else is refused by name.
 *
 * @param vocabulary tokens in the byte-level alphabet with their ids
 * @param merges pairs of tokens, best first
 * @param ignoreMerges whether a word that is a token is taken whole, whatever the merges
 * @param nfc whether text is brought into normalization form C first
 * @param splits how text is cut into words, one after another
 * @param added tokens recognised in the text before it is cut
 * @param bos the beginning-of-sequence token, if there is one
 * @param eos the end-of-sequence token, if there is one
 * @param addsBos whether the model wants the beginning-of-sequence token first
 */
record TokenizerDefinition(
        Map<String, Integer> vocabulary,
        List<Merge> merges,
        boolean ignoreMerges,
        boolean nfc,
        List<Split> splits,
        List<AddedToken> added,
        @Nullable String bos,
        @Nullable String eos,
        boolean addsBos) {

    /** More than any vocabulary has, so that arrays by id stay small. */
    static final int MAX_ID = 1 << 20;

    /** A merge of two tokens into one. */
    record Merge(String left, String right) {}

    /**
     * A token that is recognised in text.
     *
     * @param control whether it is a control token, which user text must never become
     * @param lstrip whether it swallows the white space before it
     * @param rstrip whether it swallows the white space after it
     * @param singleWord whether it must not touch a letter
     * @param normalized whether it is sought in the normalised text
     */
    record AddedToken(
            int id,
            String content,
            boolean control,
            boolean lstrip,
            boolean rstrip,
            boolean singleWord,
            boolean normalized) {

        static AddedToken control(int id, String content) {
            return new AddedToken(id, content, true, false, false, false, false);
        }
    }

    /** The ways of cutting text into words that are known to take linear time. */
    enum Split {
        /** Llama 3. */
        LLAMA3("(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
                + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"),
        /** Qwen 2: Llama 3 with single digits. */
        QWEN2("(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
                + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"),
        /** GPT-2, also the pattern that a ByteLevel pre-tokenizer brings along. */
        GPT2("'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"),
        /** Every digit, and every other character of the category number, alone. */
        DIGITS("\\p{N}");

        final String pattern;

        Split(String pattern) {
            this.pattern = pattern;
        }
    }

    /**
     * {@return whether no token reaches over the seam between a single line end and the letter or digit after it} All
     * patterns but that of digits cut there, unless an added token takes the line end first: one whose text holds it or
     * that swallows the white space before it. A control token does neither there, since its secret name stands for it.
     */
    boolean splitsAtLineEnds() {
        return splits.stream().anyMatch(split -> split != Split.DIGITS)
                && added.stream()
                        .allMatch(token -> token.control()
                                || !token.lstrip() && !token.content().contains("\n"));
    }

    /**
     * {@return this with its beginning and end tokens among the control tokens, where they may be missing in a file}
     *
     * @param source names the file in messages
     */
    TokenizerDefinition checked(String source) {
        BitSet seen = new BitSet();
        for (Map.Entry<String, Integer> entry : vocabulary.entrySet()) {
            if (seen.get(entry.getValue())) {
                throw new ModelException(source + ": the id " + entry.getValue() + " belongs to two tokens");
            }
            seen.set(entry.getValue());
        }
        if (vocabulary.isEmpty()) {
            throw new ModelException(source + ": expected a vocabulary of at least one token");
        }
        Set<String> contents = new HashSet<>();
        for (AddedToken token : added) {
            if (token.content().isEmpty() || !contents.add(token.content())) {
                throw new ModelException(source + ": added token " + token.id()
                        + ": expected a text that is not empty and not another's, found " + quoted(token.content()));
            }
            if (token.control() && token.singleWord()) {
                throw new ModelException(
                        source + ": control token " + quoted(token.content()) + ": single_word is not supported");
            }
        }
        if (addsBos && bos == null) {
            throw new ModelException(source + ": a beginning-of-sequence token is wanted but none is named");
        }
        List<AddedToken> all = new ArrayList<>(added);
        for (String name : new String[] {bos, eos}) {
            if (name == null) {
                continue;
            }
            if (contents.add(name)) {
                Integer id = vocabulary.get(name);
                if (id == null) {
                    throw new ModelException(source + ": the token " + quoted(name) + " is not in the vocabulary");
                }
                all.add(AddedToken.control(id, name));
            } else {
                all.replaceAll(token -> token.content().equals(name) ? AddedToken.control(token.id(), name) : token);
            }
        }
        return new TokenizerDefinition(
                vocabulary, merges, ignoreMerges, nfc, splits, List.copyOf(all), bos, eos, addsBos);
    }

    /** {@return the pair that a merge names as one text, "left right"} */
    static Merge merge(String source, String text) {
        int space = text.indexOf(' ', 1);
        if (space < 0 || space == text.length() - 1) {
            throw new ModelException(
                    source + ": merges: expected two tokens with a space between, found " + quoted(text));
        }
        return new Merge(text.substring(0, space), text.substring(space + 1));
    }

    /** {@return an id of the vocabulary} */
    static int id(String what, long id) {
        if (id < 0 || id >= MAX_ID) {
            throw new ModelException(what + ": id " + id + ", expected 0 to " + (MAX_ID - 1));
        }
        return (int) id;
    }

    /** {@return a text as a message may show it: quoted, short and in one line} */
    static String quoted(String text) {
        String shown = text.length() <= 60 ? text : text.substring(0, 60) + "...";
        return "\"" + shown.replaceAll("\\p{Cntrl}", " ") + "\"";
    }
}
