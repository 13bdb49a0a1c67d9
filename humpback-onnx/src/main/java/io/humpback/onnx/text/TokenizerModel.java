package io.humpback.onnx.text;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.model.ModelException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The model in a tokenizer.json, which makes tokens of words: its kinds, and the settings that each may have. */
final class TokenizerModel {

    private static final String WHAT = "tokenizer.json: model";

    /** Settings beside vocabulary and merges. */
    private static final Map<String, List<String>> SETTINGS = Map.of(
            "BPE", List.of("unk_token", "end_of_word_suffix", "fuse_unk", "byte_fallback", "ignore_merges"),
            "Unigram", List.of("unk_id", "byte_fallback"),
            "WordPiece", List.of("unk_token", "continuing_subword_prefix", "max_input_chars_per_word"),
            "WordLevel", List.of("unk_token"));

    private static final int MAX_TEXT = 64;

    private TokenizerModel() {}

    /** {@return the model, checked} */
    static ObjectNode read(JsonNode model) {
        String type = type(model);
        if (!SETTINGS.containsKey(type)) {
            throw new ModelException(WHAT + ".type: expected BPE, Unigram, WordPiece or WordLevel, found "
                    + TokenizerJson.found(model.path("type")));
        }
        TokenizerJson.refuse(WHAT + ".dropout", model.path("dropout"));
        for (String name : SETTINGS.get(type)) {
            if (model.path(name).isContainerNode() || model.path(name).asText().length() > MAX_TEXT) {
                throw new ModelException(
                        WHAT + "." + name + ": expected a value of at most " + MAX_TEXT + " characters");
            }
        }
        if (type.equals("Unigram")) {
            pieces(TokenizerJson.array(WHAT, model, "vocab"));
        } else {
            TokenizerJson.object(WHAT, model, "vocab")
                    .properties()
                    .forEach(entry -> TokenizerJson.id(WHAT + ".vocab", entry.getValue()));
        }
        if (type.equals("BPE")) {
            TokenizerJson.refuse(WHAT + ".continuing_subword_prefix", model.path("continuing_subword_prefix"));
            merges(TokenizerJson.array(WHAT, model, "merges"));
        }
        return (ObjectNode) model;
    }

    /** {@return the kind of a model; files of old versions leave it out} */
    private static String type(JsonNode model) {
        return model.has("type") ? model.get("type").asText() : model.has("merges") ? "BPE" : "";
    }

    private static void pieces(JsonNode pieces) {
        TokenizerDefinition.id(WHAT + ".vocab", pieces.size());
        for (JsonNode piece : pieces) {
            if (piece.size() != 2
                    || !piece.get(0).isTextual()
                    || piece.get(0).textValue().isEmpty()
                    || !piece.get(1).isNumber()
                    || !Double.isFinite(piece.get(1).doubleValue())) {
                throw new ModelException(WHAT + ".vocab: expected pairs of a text and a number, found "
                        + TokenizerDefinition.quoted(piece.toString()));
            }
        }
    }

    private static void merges(JsonNode merges) {
        for (JsonNode merge : merges) {
            boolean pair = merge.isArray()
                    && merge.size() == 2
                    && merge.get(0).isTextual()
                    && merge.get(1).isTextual();
            if (!pair && !merge.isTextual()) {
                throw new ModelException(
                        WHAT + ".merges: expected pairs of tokens, found " + TokenizerJson.found(merge));
            }
            if (merge.isTextual() && space(merge.textValue()) < 0) {
                throw new ModelException(WHAT + ".merges: expected two tokens with a space between, found "
                        + TokenizerDefinition.quoted(merge.textValue()));
            }
        }
    }

    /** {@return where a merge written as one text is cut, -1 if nowhere} */
    private static int space(String merge) {
        int space = merge.indexOf(' ', 1);
        return space == merge.length() - 1 ? -1 : space;
    }

    /** Writes the model with control tokens under other names; what would merge text to one of them is left out. */
    static void write(ObjectNode model, JsonGenerator json, Map<String, String> secretNames) throws IOException {
        String type = type(model);
        json.writeStartObject();
        json.writeStringField("type", type);
        for (String name : SETTINGS.getOrDefault(type, List.of())) {
            JsonNode value = model.path(name);
            if (value.isTextual()) {
                json.writeStringField(name, secretNames.getOrDefault(value.textValue(), value.textValue()));
            } else if (TokenizerJson.present(value)) {
                json.writePOJOField(name, value);
            }
        }
        JsonNode vocab = model.get("vocab");
        if (type.equals("Unigram")) {
            json.writeArrayFieldStart("vocab");
            for (JsonNode piece : vocab) {
                String text = piece.get(0).textValue();
                json.writeStartArray();
                json.writeString(secretNames.getOrDefault(text, text));
                json.writeNumber(piece.get(1).doubleValue());
                json.writeEndArray();
            }
            json.writeEndArray();
        } else {
            json.writeObjectFieldStart("vocab");
            for (Map.Entry<String, JsonNode> entry : vocab.properties()) {
                json.writeNumberField(
                        secretNames.getOrDefault(entry.getKey(), entry.getKey()),
                        entry.getValue().intValue());
            }
            json.writeEndObject();
        }
        if (type.equals("BPE")) {
            writeMerges(model.get("merges"), json, secretNames.keySet());
        }
        json.writeEndObject();
    }

    private static void writeMerges(JsonNode merges, JsonGenerator json, Set<String> controls) throws IOException {
        json.writeArrayFieldStart("merges");
        for (JsonNode merge : merges) {
            int space = merge.isTextual() ? space(merge.textValue()) : 0;
            String left = merge.isTextual()
                    ? merge.textValue().substring(0, space)
                    : merge.get(0).textValue();
            String right = merge.isTextual()
                    ? merge.textValue().substring(space + 1)
                    : merge.get(1).textValue();
            if (!controls.contains(left) && !controls.contains(right) && !controls.contains(left + right)) {
                json.writeStartArray();
                json.writeString(left);
                json.writeString(right);
                json.writeEndArray();
            }
        }
        json.writeEndArray();
    }
}
