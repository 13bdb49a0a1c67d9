package io.humpback.onnx.text;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.humpback.model.ModelException;
import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What a byte-level BPE tokenizer is made of, checked. The native library ends the whole process where a tokenizer
 * drives it into a panic (a regular expression that backtracks too far does), so it never sees a stranger's file: it
 * gets one that {@link #toJson} writes from the parts known here. Anything else is refused by name.
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

    private static final int MAX_JSON_CHARS = 64 << 20;

    // A token of JSON may cost its reader a hundred bytes however short it is; the largest vocabularies have 3 million.
    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(32)
                            .maxDocumentLength(MAX_JSON_CHARS)
                            .maxTokenCount(4_000_000)
                            .maxNameLength(1 << 16)
                            .maxStringLength(1 << 20)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

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

        private final String pattern;

        Split(String pattern) {
            this.pattern = pattern;
        }
    }

    /**
     * Reads a tokenizer.json.
     *
     * @param tokenizerJson the file's text
     * @param tokenizerConfigJson the text of tokenizer_config.json, null if there is none
     */
    static TokenizerDefinition parse(String tokenizerJson, @Nullable String tokenizerConfigJson) {
        JsonNode root = json("tokenizer.json", tokenizerJson);
        JsonNode config =
                tokenizerConfigJson == null ? JSON.missingNode() : json("tokenizer_config.json", tokenizerConfigJson);
        JsonNode model = object("tokenizer.json", root, "model");
        expect("tokenizer.json: model.type", model.path("type"), "BPE");
        refuse("tokenizer.json: model.dropout", model.path("dropout"));
        refuse("tokenizer.json: model.byte_fallback", model.path("byte_fallback"));
        refuse("tokenizer.json: model.continuing_subword_prefix", model.path("continuing_subword_prefix"));
        refuse("tokenizer.json: model.end_of_word_suffix", model.path("end_of_word_suffix"));
        Map<String, Integer> vocabulary = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry :
                object("tokenizer.json", model, "vocab").properties()) {
            vocabulary.put(entry.getKey(), id("tokenizer.json: model.vocab", entry.getValue()));
        }
        List<Split> splits = new ArrayList<>();
        if (!preTokenizer(root.path("pre_tokenizer"), splits)) {
            throw new ModelException("tokenizer.json: pre_tokenizer: expected ByteLevel as the last step");
        }
        List<AddedToken> added = addedTokens(array("tokenizer.json", root, "added_tokens"));
        boolean nfc = normalizer(root.path("normalizer"));
        String first = firstOfTemplate(root.path("post_processor"));
        String bos = specialToken(config, "bos_token");
        if (bos == null) {
            bos = first;
        }
        JsonNode addBos = config.path("add_bos_token");
        boolean addsBos = present(addBos)
                ? flag("tokenizer_config.json: add_bos_token", addBos)
                : bos != null && bos.equals(first);
        return new TokenizerDefinition(
                        vocabulary,
                        merges(array("tokenizer.json: model", model, "merges")),
                        flag("tokenizer.json: model.ignore_merges", model.path("ignore_merges")),
                        nfc,
                        splits,
                        added,
                        bos,
                        specialToken(config, "eos_token"),
                        addsBos)
                .checked("tokenizer.json");
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

    /**
     * {@return a tokenizer.json for the native library, without post-processor, truncation and padding}
     *
     * @param rename gives each control token's text another
     */
    String toJson(UnaryOperator<String> rename) {
        Set<String> controls = new HashSet<>();
        added.stream().filter(AddedToken::control).forEach(token -> controls.add(token.content()));
        StringWriter out = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("version", "1.0");
            json.writeArrayFieldStart("added_tokens");
            for (AddedToken token : added) {
                json.writeStartObject();
                json.writeNumberField("id", token.id());
                json.writeStringField("content", token.control() ? rename.apply(token.content()) : token.content());
                json.writeBooleanField("single_word", token.singleWord());
                json.writeBooleanField("lstrip", token.lstrip());
                json.writeBooleanField("rstrip", token.rstrip());
                json.writeBooleanField("normalized", token.normalized());
                json.writeBooleanField("special", token.control());
                json.writeEndObject();
            }
            json.writeEndArray();
            if (nfc) {
                json.writeObjectFieldStart("normalizer");
                json.writeStringField("type", "NFC");
                json.writeEndObject();
            }
            json.writeObjectFieldStart("pre_tokenizer");
            json.writeStringField("type", "Sequence");
            json.writeArrayFieldStart("pretokenizers");
            for (Split split : splits) {
                json.writeStartObject();
                json.writeStringField("type", "Split");
                json.writeObjectFieldStart("pattern");
                json.writeStringField("Regex", split.pattern);
                json.writeEndObject();
                json.writeStringField("behavior", "Isolated");
                json.writeBooleanField("invert", false);
                json.writeEndObject();
            }
            json.writeStartObject();
            json.writeStringField("type", "ByteLevel");
            json.writeBooleanField("add_prefix_space", false);
            json.writeBooleanField("trim_offsets", false);
            json.writeBooleanField("use_regex", false);
            json.writeEndObject();
            json.writeEndArray();
            json.writeEndObject();
            json.writeObjectFieldStart("model");
            json.writeStringField("type", "BPE");
            json.writeBooleanField("ignore_merges", ignoreMerges);
            json.writeObjectFieldStart("vocab");
            for (Map.Entry<String, Integer> entry : vocabulary.entrySet()) {
                String token = entry.getKey();
                json.writeNumberField(controls.contains(token) ? rename.apply(token) : token, entry.getValue());
            }
            json.writeEndObject();
            json.writeArrayFieldStart("merges");
            for (Merge merge : merges) {
                json.writeStartArray();
                json.writeString(merge.left());
                json.writeString(merge.right());
                json.writeEndArray();
            }
            json.writeEndArray();
            json.writeEndObject();
            json.writeEndObject();
        } catch (IOException e) {
            throw new ModelException("tokenizer: " + e.getMessage(), e);
        }
        return out.toString();
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

    /**
     * {@return a file's JSON object}
     *
     * @param source names the file in messages
     * @param text its text
     */
    static JsonNode json(String source, String text) {
        if (text.length() > MAX_JSON_CHARS) {
            throw new ModelException(source + ": " + text.length() + " characters, expected at most " + MAX_JSON_CHARS);
        }
        JsonNode root;
        try {
            root = JSON.readTree(text);
        } catch (JsonProcessingException e) {
            String message = e.getOriginalMessage().lines().findFirst().orElse("");
            throw new ModelException(
                    source + ": not valid JSON"
                            + (e.getLocation() == null
                                    ? ""
                                    : " in line " + e.getLocation().getLineNr()) + ": " + message,
                    e);
        }
        if (!root.isObject()) {
            throw new ModelException(source + ": expected a JSON object");
        }
        return root;
    }

    private static List<Merge> merges(JsonNode array) {
        List<Merge> merges = new ArrayList<>(array.size());
        for (JsonNode node : array) {
            if (node.isArray()
                    && node.size() == 2
                    && node.get(0).isTextual()
                    && node.get(1).isTextual()) {
                merges.add(new Merge(node.get(0).textValue(), node.get(1).textValue()));
            } else if (node.isTextual()) {
                merges.add(merge("tokenizer.json", node.textValue()));
            } else {
                throw new ModelException(
                        "tokenizer.json: model.merges: expected pairs of tokens, found " + found(node));
            }
        }
        return merges;
    }

    private static List<AddedToken> addedTokens(JsonNode array) {
        List<AddedToken> added = new ArrayList<>(array.size());
        for (JsonNode node : array) {
            String what = "tokenizer.json: added_tokens";
            if (!node.path("content").isTextual()) {
                throw new ModelException(what + ": expected a text as content, found " + found(node.path("content")));
            }
            added.add(new AddedToken(
                    id(what, node.path("id")),
                    node.get("content").textValue(),
                    flag(what + ".special", node.path("special")),
                    flag(what + ".lstrip", node.path("lstrip")),
                    flag(what + ".rstrip", node.path("rstrip")),
                    flag(what + ".single_word", node.path("single_word")),
                    flag(what + ".normalized", node.path("normalized"))));
        }
        return added;
    }

    /** {@return whether the node is NFC; anything but that or nothing is refused} */
    private static boolean normalizer(JsonNode node) {
        if (!present(node)) {
            return false;
        }
        if (node.path("type").asText().equals("Sequence")) {
            boolean nfc = false;
            for (JsonNode step : node.path("normalizers")) {
                nfc |= normalizer(step);
            }
            return nfc;
        }
        expect("tokenizer.json: normalizer", node.path("type"), "NFC");
        return true;
    }

    /** {@return whether the node ends in ByteLevel} Adds the ways it cuts to the list. */
    private static boolean preTokenizer(JsonNode node, List<Split> splits) {
        String what = "tokenizer.json: pre_tokenizer";
        switch (node.path("type").asText()) {
            case "Sequence" -> {
                boolean byteLevel = false;
                for (JsonNode step : node.path("pretokenizers")) {
                    if (byteLevel) {
                        throw new ModelException(what + ": expected ByteLevel as the last step");
                    }
                    byteLevel = preTokenizer(step, splits);
                }
                return byteLevel;
            }
            case "ByteLevel" -> {
                refuse(what + ".add_prefix_space", node.path("add_prefix_space"));
                if (!present(node.path("use_regex")) || flag(what + ".use_regex", node.path("use_regex"))) {
                    splits.add(Split.GPT2);
                }
                return true;
            }
            case "Digits" -> {
                if (!flag(what + ".individual_digits", node.path("individual_digits"))) {
                    throw new ModelException(what + ": Digits: expected individual_digits true");
                }
                splits.add(Split.DIGITS);
                return false;
            }
            case "Split" -> {
                expect(what + ".behavior", node.path("behavior"), "Isolated");
                refuse(what + ".invert", node.path("invert"));
                String pattern = node.path("pattern").path("Regex").asText();
                for (Split split : Split.values()) {
                    if (split.pattern.equals(pattern)) {
                        splits.add(split);
                        return false;
                    }
                }
                throw new ModelException(
                        what + ": Split: expected the pattern of Llama 3, Qwen 2 or GPT-2, found " + quoted(pattern));
            }
            default ->
                throw new ModelException(
                        what + ": expected Sequence, Split, Digits or ByteLevel, found " + found(node.path("type")));
        }
    }

    /** {@return the special token that the post-processor puts first, null if it puts none} */
    private static @Nullable String firstOfTemplate(JsonNode node) {
        switch (node.path("type").asText()) {
            case "Sequence" -> {
                String first = null;
                for (JsonNode step : node.path("processors")) {
                    String found = firstOfTemplate(step);
                    first = found == null ? first : found;
                }
                return first;
            }
            case "TemplateProcessing" -> {
                JsonNode first =
                        node.path("single").path(0).path("SpecialToken").path("id");
                return first.isTextual() ? first.textValue() : null;
            }
            default -> {
                if (present(node)) {
                    expect("tokenizer.json: post_processor", node.path("type"), "ByteLevel");
                }
                return null;
            }
        }
    }

    /** {@return the text of a token named in tokenizer_config.json, null if none is} */
    private static @Nullable String specialToken(JsonNode config, String name) {
        JsonNode node = config.path(name);
        JsonNode text = node.isObject() ? node.path("content") : node;
        if (!present(text)) {
            return null;
        }
        if (!text.isTextual()) {
            throw new ModelException("tokenizer_config.json: " + name + ": expected a text, found " + found(text));
        }
        return text.textValue();
    }

    private static boolean present(JsonNode node) {
        return !node.isMissingNode() && !node.isNull();
    }

    private static int id(String what, JsonNode node) {
        if (!node.isIntegralNumber() || !node.canConvertToLong()) {
            throw new ModelException(what + ": expected an id, found " + found(node));
        }
        return id(what, node.longValue());
    }

    private static boolean flag(String what, JsonNode node) {
        if (present(node) && !node.isBoolean()) {
            throw new ModelException(what + ": expected true or false, found " + found(node));
        }
        return node.booleanValue();
    }

    private static JsonNode object(String where, JsonNode parent, String name) {
        JsonNode node = parent.path(name);
        if (!node.isObject()) {
            throw new ModelException(where + ": " + name + ": expected an object, found " + found(node));
        }
        return node;
    }

    private static JsonNode array(String where, JsonNode parent, String name) {
        JsonNode node = parent.path(name);
        if (!node.isArray()) {
            throw new ModelException(where + ": " + name + ": expected a list, found " + found(node));
        }
        return node;
    }

    private static void expect(String what, JsonNode node, String value) {
        if (!node.asText().equals(value)) {
            throw new ModelException(what + ": expected " + value + ", found " + found(node));
        }
    }

    /** Refuses a setting that is anything but off. */
    private static void refuse(String what, JsonNode node) {
        boolean off = !present(node)
                || node.isBoolean() && !node.booleanValue()
                || node.isTextual() && node.textValue().isEmpty()
                || node.isNumber() && node.doubleValue() == 0;
        if (!off) {
            throw new ModelException(what + ": " + found(node) + " is not supported");
        }
    }

    private static String found(JsonNode node) {
        if (node.isMissingNode()) {
            return "nothing";
        }
        return node.isContainerNode()
                ? node.getNodeType().name().toLowerCase(java.util.Locale.ROOT)
                : quoted(node.asText());
    }
}
