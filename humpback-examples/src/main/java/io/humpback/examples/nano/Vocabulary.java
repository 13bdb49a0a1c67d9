package io.humpback.examples.nano;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.Rubric;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The tokens of nano, in the format of Hugging Face tokenizers: the 256 bytes, so that nothing is unknown; every word of
 * the world, with the space before it; the {@link StockPrompts}, one token each; and the control tokens. Words are found
 * whole, without merges.
 */
final class Vocabulary {

    static final String BEGIN = "<|begin|>";
    static final String END = "<|end|>";

    /** Lays a conversation out as control tokens with the contents between. */
    static final String CHAT_TEMPLATE = "{{ bos_token }}{% for message in messages %}{{ '<|' + message['role'] + '|>'"
            + " + message['content'] + eos_token }}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}";

    private static final JsonMapper JSON = new JsonMapper();

    private static final List<String> CONTROLS = List.of(BEGIN, END, "<|system|>", "<|user|>", "<|assistant|>");

    /** How GPT-2 cuts text into words; the tokenizer's ByteLevel step does the same. */
    private static final Pattern WORD =
            Pattern.compile("'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+");

    private final Map<String, Integer> ids = new LinkedHashMap<>();
    private final List<String> prompts = List.copyOf(StockPrompts.pieces());

    Vocabulary() {
        for (int b = 0; b < 256; b++) {
            ids.put(written(new byte[] {(byte) b}), b);
        }
        Stream.concat(Phrases.pieces(), Stream.concat(Stream.of(Rubric.REPLY_START), Rubric.RATINGS.stream()))
                .flatMap(text -> WORD.matcher(text).results())
                .map(word -> written(word.group().getBytes(StandardCharsets.UTF_8)))
                .forEach(word -> ids.putIfAbsent(word, ids.size()));
    }

    /** {@return how many tokens there are} */
    int size() {
        return ids.size() + prompts.size() + CONTROLS.size();
    }

    /** {@return the id of a control token} */
    int id(String control) {
        return ids.size() + prompts.size() + CONTROLS.indexOf(control);
    }

    /** {@return the content of tokenizer.json} */
    ObjectNode tokenizer() {
        ObjectNode root = JSON.createObjectNode();
        root.put("version", "1.0").putNull("truncation").putNull("padding");
        ArrayNode added = root.putArray("added_tokens");
        List<String> contents = new ArrayList<>(prompts);
        contents.addAll(CONTROLS);
        for (String content : contents) {
            added.addObject()
                    .put("id", ids.size() + added.size() - 1)
                    .put("content", content)
                    .put("single_word", false)
                    .put("lstrip", false)
                    .put("rstrip", false)
                    .put("normalized", false)
                    .put("special", CONTROLS.contains(content));
        }
        root.putNull("normalizer");
        root.putObject("pre_tokenizer")
                .put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", true)
                .put("use_regex", true);
        root.putNull("post_processor");
        root.putObject("decoder")
                .put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", true)
                .put("use_regex", true);
        ObjectNode model = root.putObject("model").put("type", "BPE");
        model.putNull("dropout").putNull("unk_token").put("fuse_unk", false).put("byte_fallback", false);
        model.putNull("continuing_subword_prefix").putNull("end_of_word_suffix").put("ignore_merges", true);
        ObjectNode vocabulary = model.putObject("vocab");
        ids.forEach(vocabulary::put);
        model.putArray("merges");
        return root;
    }

    /** {@return the content of tokenizer_config.json} */
    ObjectNode tokenizerConfig() {
        return JSON.createObjectNode()
                .put("tokenizer_class", "PreTrainedTokenizerFast")
                .put("bos_token", BEGIN)
                .put("eos_token", END)
                .put("add_bos_token", true)
                .put("clean_up_tokenization_spaces", false)
                .put("model_max_length", NanoFolder.POSITIONS);
    }

    /** {@return bytes in GPT-2's alphabet of printable characters} */
    private static String written(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (byte signed : bytes) {
            int b = signed & 0xFF;
            text.append((char) (isPrintable(b) ? b : 0x100 + unprintableBelow(b)));
        }
        return text.toString();
    }

    private static boolean isPrintable(int b) {
        return b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE;
    }

    private static int unprintableBelow(int b) {
        int count = 0;
        for (int below = 0; below < b; below++) {
            count += isPrintable(below) ? 0 : 1;
        }
        return count;
    }
}
