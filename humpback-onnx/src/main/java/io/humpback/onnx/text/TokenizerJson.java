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
import io.humpback.onnx.text.TokenizerDefinition.AddedToken;
import io.humpback.onnx.text.TokenizerDefinition.Merge;
import io.humpback.onnx.text.TokenizerDefinition.Split;
import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The files tokenizer.json and tokenizer_config.json. Reading refuses, by its name, every setting that a {@link
 * TokenizerDefinition} cannot hold; writing leaves a file that the native library reads without danger.
 */
final class TokenizerJson {

    private static final int MAX_CHARS = 64 << 20;

    // A token of JSON may cost its reader a hundred bytes however short it is; the largest vocabularies have 3 million.
    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(32)
                            .maxDocumentLength(MAX_CHARS)
                            .maxTokenCount(4_000_000)
                            .maxNameLength(1 << 16)
                            .maxStringLength(1 << 20)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private TokenizerJson() {}

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
     * {@return a tokenizer.json for the native library, without post-processor, truncation and padding}
     *
     * @param tokenizer what it is made of
     * @param rename gives each control token's text another
     */
    static String write(TokenizerDefinition tokenizer, UnaryOperator<String> rename) {
        Set<String> controls = new HashSet<>();
        tokenizer.added().stream().filter(AddedToken::control).forEach(token -> controls.add(token.content()));
        StringWriter out = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("version", "1.0");
            json.writeArrayFieldStart("added_tokens");
            for (AddedToken token : tokenizer.added()) {
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
            if (tokenizer.nfc()) {
                json.writeObjectFieldStart("normalizer");
                json.writeStringField("type", "NFC");
                json.writeEndObject();
            }
            json.writeObjectFieldStart("pre_tokenizer");
            json.writeStringField("type", "Sequence");
            json.writeArrayFieldStart("pretokenizers");
            for (Split split : tokenizer.splits()) {
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
            json.writeBooleanField("ignore_merges", tokenizer.ignoreMerges());
            json.writeObjectFieldStart("vocab");
            for (Map.Entry<String, Integer> entry : tokenizer.vocabulary().entrySet()) {
                String token = entry.getKey();
                json.writeNumberField(controls.contains(token) ? rename.apply(token) : token, entry.getValue());
            }
            json.writeEndObject();
            json.writeArrayFieldStart("merges");
            for (Merge merge : tokenizer.merges()) {
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

    /**
     * {@return a file's JSON object}
     *
     * @param source names the file in messages
     * @param text its text
     */
    static JsonNode json(String source, String text) {
        if (text.length() > MAX_CHARS) {
            throw new ModelException(source + ": " + text.length() + " characters, expected at most " + MAX_CHARS);
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
                merges.add(TokenizerDefinition.merge("tokenizer.json", node.textValue()));
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
                throw new ModelException(what + ": Split: expected the pattern of Llama 3, Qwen 2 or GPT-2, found "
                        + TokenizerDefinition.quoted(pattern));
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
        return TokenizerDefinition.id(what, node.longValue());
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
                ? node.getNodeType().name().toLowerCase(Locale.ROOT)
                : TokenizerDefinition.quoted(node.asText());
    }
}
