package io.humpback.onnx.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.model.ModelException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The steps of a tokenizer.json around its model: normalizer, pre-tokenizer and decoder, each one step or a sequence of them. A step is
 * copied with the settings that are known here; those that could end the process or the promise of {@link Tokenizer} are refused.
 */
enum TokenizerSteps {
    NORMALIZER(
            "normalizer",
            "normalizers",
            "NFC; NFD; NFKC; NFKD; Nmt; Lowercase; StripAccents; ByteLevel; Strip strip_left strip_right; Prepend prepend;"
                    + " Replace pattern content; Precompiled precompiled_charsmap;"
                    + " BertNormalizer clean_text handle_chinese_chars strip_accents lowercase"),
    PRE_TOKENIZER(
            "pre_tokenizer",
            "pretokenizers",
            "ByteLevel add_prefix_space trim_offsets use_regex; Split pattern behavior invert; Digits individual_digits;"
                    + " Metaspace replacement prepend_scheme add_prefix_space str_rep split; Whitespace; WhitespaceSplit;"
                    + " Punctuation behavior; CharDelimiterSplit delimiter; UnicodeScripts; BertPreTokenizer"),
    DECODER(
            "decoder",
            "decoders",
            "ByteLevel add_prefix_space trim_offsets use_regex; Replace pattern content; ByteFallback; Fuse;"
                    + " Metaspace replacement prepend_scheme add_prefix_space str_rep split; Strip content start stop;"
                    + " WordPiece prefix cleanup; BPEDecoder suffix");

    /** Characters of a setting that is a text; each space may become one. */
    private static final int MAX_TEXT = 64;

    private static final int MAX_STEPS = 100;

    private final String place;
    private final String list;
    private final Map<String, Set<String>> settings = new LinkedHashMap<>();

    TokenizerSteps(String place, String list, String known) {
        this.place = place;
        this.list = list;
        for (String step : known.split("; *")) {
            String[] words = step.split(" ");
            settings.put(words[0], new TreeSet<>(Arrays.asList(words).subList(1, words.length)));
        }
    }

    /** {@return the steps in a file, checked; null where it has none} */
    JsonNode read(JsonNode tokenizerJson) {
        JsonNode node = tokenizerJson.path(place);
        return TokenizerJson.present(node) ? copy(node) : JsonNodeFactory.instance.nullNode();
    }

    private ObjectNode copy(JsonNode node) {
        String what = "tokenizer.json: " + place;
        String type = node.path("type").asText();
        ObjectNode copy = JsonNodeFactory.instance.objectNode().put("type", type);
        if (type.equals("Sequence")) {
            JsonNode steps = node.path(list);
            if (!steps.isArray() || steps.size() > MAX_STEPS) {
                throw new ModelException(what + ": " + list + ": expected a list of at most " + MAX_STEPS + " steps");
            }
            ArrayNode copies = copy.putArray(list);
            steps.forEach(step -> copies.add(copy(step)));
            return copy;
        }
        if (!settings.containsKey(type)) {
            throw new ModelException(what + ": expected Sequence or one of " + settings.keySet() + ", found "
                    + TokenizerJson.found(node.path("type")));
        }
        if (type.equals("Precompiled")) {
            JsonNode table = node.path("precompiled_charsmap");
            CharsMap.check(what + ": Precompiled", table.isTextual() ? table.textValue() : "");
            return copy.set("precompiled_charsmap", table);
        }
        for (String name : settings.get(type)) {
            JsonNode value = node.path(name);
            if (!value.isMissingNode()) {
                check(what + ": " + type + "." + name, name, value);
                copy.set(name, value);
            }
        }
        return copy;
    }

    private static void check(String what, String name, JsonNode value) {
        switch (name) {
            case "pattern" -> {
                if (value.path("Regex").isTextual()) {
                    LinearPattern.checked(what, value.get("Regex").textValue());
                } else if (!value.path("String").isTextual()
                        || value.get("String").textValue().isEmpty()) {
                    throw new ModelException(what + ": expected a Regex or a String that is not empty");
                }
            }
            case "stop" -> TokenizerJson.refuse(what, value);
            default -> {
                if (value.isContainerNode() || value.asText().length() > MAX_TEXT) {
                    throw new ModelException(what + ": expected at most " + MAX_TEXT + " characters");
                }
            }
        }
    }

    /** {@return the steps of a node that {@link #read} gave, in their order} */
    static Iterable<JsonNode> flat(JsonNode steps) {
        ArrayNode flat = JsonNodeFactory.instance.arrayNode();
        collect(steps, flat);
        return flat;
    }

    private static void collect(JsonNode node, ArrayNode flat) {
        if (node.path("type").asText().equals("Sequence")) {
            for (TokenizerSteps kind : values()) {
                node.path(kind.list).forEach(step -> collect(step, flat));
            }
        } else if (node.isObject()) {
            flat.add(node);
        }
    }
}
