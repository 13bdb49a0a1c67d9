package io.humpback.onnx.text;

import io.humpback.model.ModelException;
import io.humpback.onnx.text.TokenizerDefinition.AddedToken;
import io.humpback.onnx.text.TokenizerDefinition.Merge;
import io.humpback.onnx.text.TokenizerDefinition.Split;
import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A tokenizer as the metadata of a GGUF file describe it. The file holds vocabulary and merges and names its
 * pre-tokenizer; what the name stands for is llama.cpp's convention (src/llama-vocab.cpp).
 */
final class GgufVocabulary {

    private static final String PREFIX = "tokenizer.ggml.";

    /** Token types of GGUF. */
    private static final int CONTROL = 3;

    private static final int USER_DEFINED = 4;

    private final Map<String, ?> metadata;

    private GgufVocabulary(Map<String, ?> metadata) {
        this.metadata = metadata;
    }

    static TokenizerDefinition read(Map<String, ?> metadata) {
        return new GgufVocabulary(metadata).definition();
    }

    private TokenizerDefinition definition() {
        String model = text("model");
        if (!model.equals("gpt2")) {
            throw new ModelException(
                    PREFIX + "model: expected gpt2, a byte-level BPE, found " + TokenizerDefinition.quoted(model));
        }
        String pre = text("pre");
        boolean llama3 = false;
        List<Split> splits;
        switch (pre) {
            case "llama-bpe", "llama3", "llama-v3" -> {
                llama3 = true;
                splits = List.of(Split.LLAMA3);
            }
            case "smollm" -> splits = List.of(Split.DIGITS, Split.GPT2);
            case "gpt-2" -> splits = List.of(Split.GPT2);
            default ->
                throw new ModelException(
                        PREFIX + "pre: expected llama-bpe, smollm or gpt-2, found " + TokenizerDefinition.quoted(pre));
        }
        List<?> tokens = list("tokens");
        List<?> types = list("token_type");
        if (tokens.size() > TokenizerDefinition.MAX_ID || types.size() != tokens.size()) {
            throw new ModelException(PREFIX + "tokens: " + tokens.size() + " tokens and " + types.size()
                    + " token types, expected as many of each and at most " + TokenizerDefinition.MAX_ID);
        }
        Map<String, Integer> vocabulary = new HashMap<>();
        List<AddedToken> added = new ArrayList<>();
        for (int id = 0; id < tokens.size(); id++) {
            String token = string("tokens", tokens.get(id));
            if (vocabulary.put(token, id) != null) {
                throw new ModelException(PREFIX + "tokens: " + TokenizerDefinition.quoted(token) + " occurs twice");
            }
            long type = number("token_type", types.get(id));
            if (type == CONTROL) {
                added.add(AddedToken.control(id, token));
            } else if (type == USER_DEFINED) {
                added.add(new AddedToken(id, token, false, false, false, false, false));
            }
        }
        List<Merge> merges = new ArrayList<>();
        for (Object merge : list("merges")) {
            merges.add(TokenizerDefinition.merge("tokenizer.ggml", string("merges", merge)));
        }
        Object addBos = metadata.get(PREFIX + "add_bos_token");
        if (addBos != null && !(addBos instanceof Boolean)) {
            throw new ModelException(PREFIX + "add_bos_token: expected true or false, found " + kind(addBos));
        }
        return new TokenizerDefinition(
                        vocabulary,
                        merges,
                        llama3,
                        false,
                        splits,
                        added,
                        token("bos_token_id", tokens),
                        token("eos_token_id", tokens),
                        addBos == null ? llama3 : (Boolean) addBos)
                .checked("tokenizer.ggml");
    }

    /** {@return the token whose id stands under a key, null if there is no such key} */
    private @Nullable String token(String key, List<?> tokens) {
        Object value = metadata.get(PREFIX + key);
        if (value == null) {
            return null;
        }
        long id = number(key, value);
        if (id < 0 || id >= tokens.size()) {
            throw new ModelException(PREFIX + key + ": " + id + ", expected 0 to " + (tokens.size() - 1));
        }
        return string("tokens", tokens.get((int) id));
    }

    private String text(String key) {
        Object value = metadata.get(PREFIX + key);
        if (value == null) {
            throw new ModelException(PREFIX + key + ": expected a name, found nothing");
        }
        return string(key, value);
    }

    /** {@return an array of the metadata, whether kept as a list, as objects or as primitives} */
    private List<?> list(String key) {
        Object value = metadata.get(PREFIX + key);
        if (value instanceof List<?> list) {
            return list;
        }
        if (value == null || !value.getClass().isArray()) {
            throw new ModelException(PREFIX + key + ": expected an array, found " + kind(value));
        }
        List<Object> list = new ArrayList<>(Array.getLength(value));
        for (int i = 0; i < Array.getLength(value); i++) {
            list.add(Array.get(value, i));
        }
        return list;
    }

    private static String string(String key, @Nullable Object value) {
        if (value instanceof String text) {
            return text;
        }
        throw new ModelException(PREFIX + key + ": expected a text, found " + kind(value));
    }

    private static long number(String key, @Nullable Object value) {
        if (value instanceof Integer || value instanceof Long || value instanceof Short || value instanceof Byte) {
            return ((Number) value).longValue();
        }
        throw new ModelException(PREFIX + key + ": expected a whole number, found " + kind(value));
    }

    private static String kind(@Nullable Object value) {
        return value == null ? "nothing" : value.getClass().getSimpleName();
    }
}
