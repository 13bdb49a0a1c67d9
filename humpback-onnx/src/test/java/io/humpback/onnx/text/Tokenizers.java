package io.humpback.onnx.text;

import com.fasterxml.jackson.core.io.JsonStringEncoder;

/** Tokenizers of the 256 bytes, whose ids are the bytes, and the control tokens {@code <s>} 256 and {@code </s>} 257. */
final class Tokenizers {

    static final String LLAMA3 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
            + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    private Tokenizers() {}

    static Tokenizer bytes(String pattern, boolean addsBos, String... controls) {
        return Tokenizer.of(json(pattern, addsBos, controls), null);
    }

    static String json(String pattern, boolean addsBos, String... controls) {
        StringBuilder vocab = new StringBuilder();
        int next = 256;
        for (int b = 0; b < 256; b++) {
            boolean printable = b >= 33 && b <= 126 || b >= 161 && b <= 172 || b >= 174;
            char symbol = (char) (printable ? b : next++);
            vocab.append(b == 0 ? "" : ",")
                    .append(quoted("" + symbol))
                    .append(':')
                    .append(b);
        }
        StringBuilder added = new StringBuilder(control(256, "<s>") + "," + control(257, "</s>"));
        for (int i = 0; i < controls.length; i++) {
            added.append(',').append(control(258 + i, controls[i]));
        }
        return "{\"version\":\"1.0\",\"added_tokens\":[" + added + "],\"normalizer\":null,"
                + "\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\",\"pattern\":{\"Regex\":"
                + quoted(pattern) + "},\"behavior\":\"Isolated\",\"invert\":false},{\"type\":\"ByteLevel\","
                + "\"add_prefix_space\":false,\"trim_offsets\":true,\"use_regex\":false}]},\"post_processor\":"
                + (addsBos
                        ? "{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"<s>\",\"type_id\":0}}]}"
                        : "null")
                + ",\"decoder\":{\"type\":\"ByteLevel\"},\"model\":{\"type\":\"BPE\",\"vocab\":{" + vocab
                + "},\"merges\":[]}}";
    }

    private static String control(int id, String content) {
        return "{\"id\":" + id + ",\"content\":" + quoted(content)
                + ",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,\"normalized\":false,\"special\":true}";
    }

    private static String quoted(String text) {
        return '"' + new String(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
    }
}
