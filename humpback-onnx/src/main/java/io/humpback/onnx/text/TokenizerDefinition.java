package io.humpback.onnx.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.model.ModelException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a tokenizer is made of, checked. The native library ends the whole process where a tokenizer drives it into a panic
 * (a regular expression that backtracks too far does), so it never sees a stranger's file: it gets one that {@link
 * TokenizerJson#write} writes from the parts known here. Anything else is refused by name.
 *
 * @param model the model: BPE, Unigram, WordPiece or WordLevel, with its vocabulary
 * @param normalizer what changes text before it is cut; JSON's null for nothing
 * @param preTokenizer what cuts text into words; JSON's null for nothing
 * @param decoder what makes text of tokens; JSON's null for nothing
 * @param added tokens recognised in the text before it is cut
 * @param bos the beginning-of-sequence token, if there is one
 * @param eos the end-of-sequence token, if there is one
 * @param addsBos whether the model wants the beginning-of-sequence token first
 */
record TokenizerDefinition(
        ObjectNode model,
        JsonNode normalizer,
        JsonNode preTokenizer,
        JsonNode decoder,
        List<AddedToken> added,
        @Nullable String bos,
        @Nullable String eos,
        boolean addsBos) {

    /** More than any vocabulary has, so that arrays by id stay small. */
    static final int MAX_ID = 1 << 20;

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

        /** {@return whether it is named as marks of turns are, which some files do not count among the special tokens} */
        boolean isMark() {
            return content.matches("<[|\uff5c].+[|\uff5c]>");
        }

        AddedToken asControl() {
            return new AddedToken(id, content, true, lstrip, rstrip, singleWord, normalized);
        }
    }

    /** {@return the ids of the vocabulary's tokens, without those that are only added ones} */
    Map<String, Integer> vocabulary() {
        JsonNode vocab = model.path("vocab");
        Map<String, Integer> ids = new LinkedHashMap<>();
        if (vocab.isArray()) {
            for (int id = 0; id < vocab.size(); id++) {
                ids.put(vocab.get(id).get(0).textValue(), id);
            }
        } else {
            vocab.properties()
                    .forEach(entry -> ids.put(entry.getKey(), entry.getValue().intValue()));
        }
        return ids;
    }

    /** {@return whether the vocabulary is written in the byte-level alphabet} */
    boolean isByteLevel() {
        return has(preTokenizer, "ByteLevel") || has(normalizer, "ByteLevel");
    }

    /** {@return whether a space is put before what begins a text} */
    boolean spacesBeginnings() {
        boolean spaces = has(normalizer, "Prepend");
        for (JsonNode step : TokenizerSteps.flat(preTokenizer)) {
            spaces |= step.path("add_prefix_space").asBoolean()
                    || step.get("type").textValue().equals("Metaspace")
                            && !step.path("prepend_scheme").asText().equals("never");
        }
        return spaces;
    }

    private static boolean has(JsonNode steps, String type) {
        for (JsonNode step : TokenizerSteps.flat(steps)) {
            if (step.get("type").textValue().equals(type)) {
                return true;
            }
        }
        return false;
    }

    /**
     * {@return whether no token reaches over the seam between a single line end and the letter or digit after it} Most
     * patterns of byte-level tokenizers cut there, unless an added token takes the line end first: one whose text holds it or
     * that swallows the white space before it. A control token does neither there, since its secret name stands for it.
     */
    boolean splitsAtLineEnds() {
        boolean splits = false;
        for (JsonNode step : TokenizerSteps.flat(preTokenizer)) {
            String type = step.get("type").textValue();
            splits |= type.equals("ByteLevel")
                    ? step.path("use_regex").asBoolean(true)
                    : SplitPatterns.cutsAtLineEnds(
                            step.path("pattern").path("Regex").asText());
        }
        splits &= !spacesBeginnings();
        for (JsonNode step : TokenizerSteps.flat(normalizer)) {
            splits &= step.get("type").textValue().equals("NFC");
        }
        return splits
                && added.stream()
                        .allMatch(token -> token.control()
                                || !token.lstrip() && !token.content().contains("\n"));
    }

    /**
     * {@return this with its beginning and end tokens and all marks of turns among the control tokens; a beginning or end token
     * that the vocabulary lacks gets the next free id, as in transformers}
     *
     * @param source names the file in messages
     */
    TokenizerDefinition checked(String source) {
        Map<String, Integer> vocabulary = vocabulary();
        BitSet seen = new BitSet();
        vocabulary.forEach((token, id) -> {
            if (seen.get(id)) {
                throw new ModelException(source + ": the id " + id + " belongs to two tokens");
            }
            seen.set(id);
        });
        if (vocabulary.isEmpty()) {
            throw new ModelException(source + ": expected a vocabulary of at least one token");
        }
        Set<String> contents = new HashSet<>();
        List<AddedToken> all = new ArrayList<>();
        for (AddedToken token : added) {
            if (token.content().isEmpty() || !contents.add(token.content())) {
                throw new ModelException(source + ": added token " + token.id()
                        + ": expected a text that is not empty and not another's, found " + quoted(token.content()));
            }
            seen.set(token.id());
            all.add(token.isMark() ? token.asControl() : token);
        }
        if (addsBos && bos == null) {
            throw new ModelException(source + ": a beginning-of-sequence token is wanted but none is named");
        }
        for (String name : new String[] {bos, eos}) {
            if (name == null) {
                continue;
            }
            if (contents.add(name)) {
                int id = vocabulary.getOrDefault(name, seen.length());
                seen.set(id);
                all.add(AddedToken.control(id(source, id), name));
            } else {
                all.replaceAll(token -> token.content().equals(name) ? token.asControl() : token);
            }
        }
        for (AddedToken token : all) {
            if (token.control() && token.singleWord()) {
                throw new ModelException(
                        source + ": control token " + quoted(token.content()) + ": single_word is not supported");
            }
        }
        return new TokenizerDefinition(model, normalizer, preTokenizer, decoder, List.copyOf(all), bos, eos, addsBos);
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
