package io.humpback.onnx.text;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.model.ModelException;
import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The tokenizer.json that stands for the metadata of a GGUF file, whole: with added tokens, post-processor and decoder. The file holds
 * vocabulary and merges or scores and names its pre-tokenizer; what that means is llama.cpp's convention (src/llama-vocab.cpp).
 */
final class GgufVocabulary {

    private static final System.Logger LOG = System.getLogger(GgufVocabulary.class.getName());

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private static final String PREFIX = "tokenizer.ggml.";

    /** Characters of a token that merges make; none that was trained is as long. */
    private static final int MAX_MERGED = 256;

    /** SentencePiece's sign for a space. */
    private static final String SPACE = "\u2581";

    /** Token types of GGUF. */
    private static final int CONTROL = 3;

    private static final int USER_DEFINED = 4;

    private final Map<String, ?> metadata;
    private final boolean sentencePiece;
    private final List<String> tokens = new ArrayList<>();
    private final Map<String, Integer> ids = new HashMap<>();

    private GgufVocabulary(Map<String, ?> metadata) {
        this.metadata = metadata;
        String model = text("model");
        if (!model.equals("gpt2") && !model.equals("llama")) {
            throw new ModelException(PREFIX + "model: expected gpt2, a byte-level BPE, or llama, SentencePiece, found "
                    + TokenizerDefinition.quoted(model));
        }
        sentencePiece = model.equals("llama");
    }

    /** {@return the tokenizer} */
    static TokenizerDefinition read(Map<String, ?> metadata) {
        GgufVocabulary vocabulary = new GgufVocabulary(metadata);
        ObjectNode json = vocabulary.json();
        Object pre = metadata.get(PREFIX + "pre");
        if (!vocabulary.sentencePiece && (pre == null || pre.equals("default"))) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "{0}pre: {1}, so text is cut as by GPT-2; a model that was trained with another pattern reads worse",
                    PREFIX,
                    pre == null ? "absent" : "default");
        }
        return TokenizerJson.read(json, vocabulary.config(), "tokenizer.ggml");
    }

    /** {@return the tokenizer as a tokenizer.json} */
    static String tokenizerJson(Map<String, ?> metadata) {
        return new GgufVocabulary(metadata).json().toString();
    }

    /** {@return what a tokenizer_config.json says of the special tokens} */
    static ObjectNode tokenizerConfig(Map<String, ?> metadata) {
        GgufVocabulary vocabulary = new GgufVocabulary(metadata);
        vocabulary.json();
        return vocabulary.config();
    }

    private ObjectNode config() {
        ObjectNode config = JSON.objectNode().put("tokenizer_class", "PreTrainedTokenizerFast");
        Map.of("bos", "bos", "eos", "eos", "unk", "unknown", "pad", "padding").forEach((name, key) -> {
            String token = token(key);
            if (token != null) {
                config.put(name + "_token", token);
            }
        });
        return config.put("add_bos_token", addsBos());
    }

    private ObjectNode json() {
        readTokens();
        ObjectNode json = JSON.objectNode().put("version", "1.0");
        json.putNull("truncation").putNull("padding");
        json.set("added_tokens", addedTokens());
        if (sentencePiece) {
            sentencePiece(json);
        } else {
            byteLevel(json);
        }
        String bos = token("bos");
        if (addsBos() && bos != null) {
            postProcessor(json.putObject("post_processor"), bos);
        }
        return json;
    }

    private void readTokens() {
        List<?> texts = list("tokens");
        int types = list("token_type").size();
        if (texts.size() > TokenizerDefinition.MAX_ID || types != texts.size()) {
            throw new ModelException(PREFIX + "tokens: " + texts.size() + " tokens and " + types
                    + " token types, expected as many of each and at most " + TokenizerDefinition.MAX_ID);
        }
        for (int id = 0; id < texts.size(); id++) {
            String token = string("tokens", texts.get(id));
            if (isGemma()
                    && token.length() > 1
                    && token.isBlank()
                    && token.chars().allMatch(c -> c == ' ')) {
                token = SPACE.repeat(token.length()); // its file has these runs as spaces, its merges as signs
            }
            tokens.add(token);
            if (ids.put(token, id) != null) {
                throw new ModelException(PREFIX + "tokens: " + TokenizerDefinition.quoted(token) + " occurs twice");
            }
        }
    }

    private ArrayNode addedTokens() {
        ArrayNode added = JSON.arrayNode();
        List<?> types = list("token_type");
        for (int id = 0; id < tokens.size(); id++) {
            long type = number("token_type", types.get(id));
            if (type == CONTROL || type == USER_DEFINED || tokens.get(id).equals(token("unknown"))) {
                added.addObject()
                        .put("id", id)
                        .put("content", tokens.get(id))
                        .put("single_word", false)
                        .put("lstrip", false)
                        .put("rstrip", false)
                        .put("normalized", false)
                        .put("special", type != USER_DEFINED);
            }
        }
        return added;
    }

    private void byteLevel(ObjectNode json) {
        SplitPatterns known = preTokenizer();
        json.putNull("normalizer");
        ArrayNode steps =
                json.putObject("pre_tokenizer").put("type", "Sequence").putArray("pretokenizers");
        for (String pattern : known.patterns()) {
            ObjectNode split = steps.addObject().put("type", "Split");
            split.putObject("pattern").put("Regex", pattern);
            split.put("behavior", "Isolated").put("invert", false);
        }
        bytes(steps.addObject()).put("use_regex", false);
        bytes(json.putObject("decoder")).put("use_regex", true);
        ObjectNode model = model(json).put("byte_fallback", false).put("ignore_merges", known.ignoreMerges());
        ArrayNode merges = model.putArray("merges");
        list("merges").forEach(merge -> merges.add(string("merges", merge)));
    }

    private static ObjectNode bytes(ObjectNode step) {
        return step.put("type", "ByteLevel").put("add_prefix_space", false).put("trim_offsets", true);
    }

    private SplitPatterns preTokenizer() {
        Object pre = metadata.get(PREFIX + "pre");
        String name = pre == null ? "default" : string("pre", pre);
        return SplitPatterns.find(name)
                .orElseThrow(() -> new ModelException(PREFIX + "pre: the pre-tokenizer "
                        + TokenizerDefinition.quoted(name)
                        + " is not known, expected one such as llama-bpe, qwen2, smollm, tekken, gpt-4o or gpt-2"));
    }

    private void sentencePiece(ObjectNode json) {
        boolean prefix = flag("add_space_prefix", true);
        ArrayNode normalizers =
                json.putObject("normalizer").put("type", "Sequence").putArray("normalizers");
        if (prefix) {
            normalizers.addObject().put("type", "Prepend").put("prepend", SPACE);
        }
        replaced(normalizers.addObject(), " ", SPACE);
        json.putNull("pre_tokenizer");
        ArrayNode decoders = json.putObject("decoder").put("type", "Sequence").putArray("decoders");
        replaced(decoders.addObject(), SPACE, " ");
        decoders.addObject().put("type", "ByteFallback");
        decoders.addObject().put("type", "Fuse");
        if (prefix) {
            decoders.addObject()
                    .put("type", "Strip")
                    .put("content", " ")
                    .put("start", 1)
                    .put("stop", 0);
        }
        ObjectNode model =
                model(json).put("byte_fallback", true).put("fuse_unk", true).put("ignore_merges", false);
        model.put("unk_token", token("unknown"));
        model.set("merges", mergesOfScores());
    }

    private static void replaced(ObjectNode step, String text, String with) {
        step.put("type", "Replace").put("content", with).putObject("pattern").put("String", text);
    }

    private ObjectNode model(ObjectNode json) {
        ObjectNode model = json.putObject("model").put("type", "BPE");
        ObjectNode vocab = model.putObject("vocab");
        for (int id = 0; id < tokens.size(); id++) {
            vocab.put(tokens.get(id), id);
        }
        return model;
    }

    /**
     * {@return the merges that a vocabulary with scores stands for: each way to make a token of two others, the higher scores of what is
     * made first, as transformers derives them (convert_slow_tokenizer.py)} Gemma's order is that of its tokens.
     */
    private ArrayNode mergesOfScores() {
        record Made(String left, String right, double score) {}
        List<?> scores = isGemma() ? List.of() : list("scores");
        if (!isGemma() && scores.size() != tokens.size()) {
            throw new ModelException(
                    PREFIX + "scores: " + scores.size() + ", expected one for each of " + tokens.size() + " tokens");
        }
        List<?> types = list("token_type");
        List<Made> all = new ArrayList<>();
        for (int id = 0; id < tokens.size(); id++) {
            String token = tokens.get(id);
            if (number("token_type", types.get(id)) == CONTROL || token.length() > MAX_MERGED) {
                continue;
            }
            double score = isGemma() ? -id : score(scores.get(id));
            List<Made> ways = new ArrayList<>();
            for (int cut = 1; cut < token.length(); cut++) {
                String left = token.substring(0, cut);
                String right = token.substring(cut);
                if (ids.containsKey(left) && ids.containsKey(right)) {
                    ways.add(new Made(left, right, score));
                }
            }
            ways.sort(Comparator.comparingInt((Made made) -> ids.getOrDefault(made.left, 0))
                    .thenComparingInt(made -> ids.getOrDefault(made.right, 0)));
            all.addAll(ways);
        }
        // stable, as Python's sort from the highest down is too
        all.sort(Comparator.comparingDouble((Made made) -> -made.score)
                .thenComparingInt(made -> -characters(made.left))
                .thenComparingInt(made -> -characters(made.right)));
        ArrayNode merges = JSON.arrayNode();
        all.forEach(made -> merges.addArray().add(made.left).add(made.right));
        return merges;
    }

    private static double score(@Nullable Object value) {
        if (value instanceof Number number) {
            return number.doubleValue();
        }
        throw new ModelException(PREFIX + "scores: expected a number, found " + kind(value));
    }

    private static int characters(String text) {
        return text.codePointCount(0, text.length());
    }

    private boolean isGemma() {
        return metadata.get("general.architecture") instanceof String name && name.startsWith("gemma");
    }

    private boolean addsBos() {
        return flag("add_bos_token", sentencePiece || preTokenizer().addsBos());
    }

    private void postProcessor(ObjectNode step, String bos) {
        step.put("type", "TemplateProcessing");
        ArrayNode single = step.putArray("single");
        special(single, bos, 0);
        sequence(single, "A", 0);
        ArrayNode pair = step.putArray("pair");
        special(pair, bos, 0);
        sequence(pair, "A", 0);
        special(pair, bos, 1);
        sequence(pair, "B", 1);
        ObjectNode token = step.putObject("special_tokens").putObject(bos).put("id", bos);
        token.putArray("ids").add(ids.get(bos));
        token.putArray("tokens").add(bos);
    }

    private static void special(ArrayNode parts, String token, int type) {
        parts.addObject().putObject("SpecialToken").put("id", token).put("type_id", type);
    }

    private static void sequence(ArrayNode parts, String name, int type) {
        parts.addObject().putObject("Sequence").put("id", name).put("type_id", type);
    }

    /** {@return the token whose id stands under a name, SentencePiece's own where none does; null if there is none} */
    private @Nullable String token(String name) {
        String key = name + "_token_id";
        Object value = metadata.get(PREFIX + key);
        if (value == null) {
            int usual = List.of("unknown", "bos", "eos").indexOf(name);
            return sentencePiece && usual >= 0 && usual < tokens.size() ? tokens.get(usual) : null;
        }
        long id = number(key, value);
        if (id < 0 || id >= tokens.size()) {
            throw new ModelException(PREFIX + key + ": " + id + ", expected 0 to " + (tokens.size() - 1));
        }
        return tokens.get((int) id);
    }

    private boolean flag(String key, boolean otherwise) {
        Object value = metadata.get(PREFIX + key);
        if (value != null && !(value instanceof Boolean)) {
            throw new ModelException(PREFIX + key + ": expected true or false, found " + kind(value));
        }
        return value == null ? otherwise : (Boolean) value;
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
