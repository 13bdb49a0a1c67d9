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
import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
        JsonNode config =
                tokenizerConfigJson == null ? JSON.missingNode() : json("tokenizer_config.json", tokenizerConfigJson);
        return read(json("tokenizer.json", tokenizerJson), config, "tokenizer.json");
    }

    /**
     * {@return the tokenizer of a file}
     *
     * @param root a tokenizer.json
     * @param config a tokenizer_config.json, missing if there is none
     * @param source names the file in messages
     */
    static TokenizerDefinition read(JsonNode root, JsonNode config, String source) {
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
                        TokenizerModel.read(object("tokenizer.json", root, "model")),
                        TokenizerSteps.NORMALIZER.read(root),
                        TokenizerSteps.PRE_TOKENIZER.read(root),
                        TokenizerSteps.DECODER.read(root),
                        addedTokens(root.path("added_tokens")),
                        bos,
                        specialToken(config, "eos_token"),
                        addsBos)
                .checked(source);
    }

    /**
     * {@return a tokenizer.json for the native library, without post-processor, truncation and padding}
     *
     * @param tokenizer what it is made of
     * @param secretNames gives each control token's text another
     */
    static String write(TokenizerDefinition tokenizer, Map<String, String> secretNames) {
        StringWriter out = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("version", "1.0");
            json.writeArrayFieldStart("added_tokens");
            for (AddedToken token : tokenizer.added()) {
                json.writeStartObject();
                json.writeNumberField("id", token.id());
                json.writeStringField("content", secretNames.getOrDefault(token.content(), token.content()));
                json.writeBooleanField("single_word", token.singleWord());
                json.writeBooleanField("lstrip", token.lstrip());
                json.writeBooleanField("rstrip", token.rstrip());
                json.writeBooleanField("normalized", token.normalized());
                json.writeBooleanField("special", token.control());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writePOJOField("normalizer", tokenizer.normalizer());
            json.writePOJOField("pre_tokenizer", tokenizer.preTokenizer());
            if (!tokenizer.isByteLevel()) { // bytes are decoded here, cut characters included
                json.writePOJOField("decoder", tokenizer.decoder());
            }
            json.writeFieldName("model");
            TokenizerModel.write(tokenizer.model(), json, secretNames);
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

    private static List<AddedToken> addedTokens(JsonNode array) {
        if (present(array) && !array.isArray()) {
            throw new ModelException("tokenizer.json: added_tokens: expected a list, found " + found(array));
        }
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
            case "RobertaProcessing", "BertProcessing" -> {
                JsonNode first = node.path("cls").path(0);
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

    static boolean present(JsonNode node) {
        return !node.isMissingNode() && !node.isNull();
    }

    static int id(String what, JsonNode node) {
        if (!node.isIntegralNumber() || !node.canConvertToLong()) {
            throw new ModelException(what + ": expected an id, found " + found(node));
        }
        return TokenizerDefinition.id(what, node.longValue());
    }

    static boolean flag(String what, JsonNode node) {
        if (present(node) && !node.isBoolean()) {
            throw new ModelException(what + ": expected true or false, found " + found(node));
        }
        return node.booleanValue();
    }

    static JsonNode object(String where, JsonNode parent, String name) {
        JsonNode node = parent.path(name);
        if (!node.isObject()) {
            throw new ModelException(where + ": " + name + ": expected an object, found " + found(node));
        }
        return node;
    }

    static JsonNode array(String where, JsonNode parent, String name) {
        JsonNode node = parent.path(name);
        if (!node.isArray()) {
            throw new ModelException(where + ": " + name + ": expected a list, found " + found(node));
        }
        return node;
    }

    static void expect(String what, JsonNode node, String value) {
        if (!node.asText().equals(value)) {
            throw new ModelException(what + ": expected " + value + ", found " + found(node));
        }
    }

    /** Refuses a setting that is anything but off. */
    static void refuse(String what, JsonNode node) {
        boolean off = !present(node)
                || node.isBoolean() && !node.booleanValue()
                || node.isTextual() && node.textValue().isEmpty()
                || node.isNumber() && node.doubleValue() == 0;
        if (!off) {
            throw new ModelException(what + ": " + found(node) + " is not supported");
        }
    }

    static String found(JsonNode node) {
        if (node.isMissingNode()) {
            return "nothing";
        }
        return node.isContainerNode()
                ? node.getNodeType().name().toLowerCase(Locale.ROOT)
                : TokenizerDefinition.quoted(node.asText());
    }
}
