package io.humpback.onnx.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import org.jspecify.annotations.Nullable;

class SharedBeginningsTest {

    private static @Nullable Tokenizer llama3;

    private static @Nullable Tokenizer smolLm2;

    private static final Tokenizer BYTES =
            Tokenizers.bytes(Tokenizers.LLAMA3, true, "<im>", "</im>", "<|eot_id|>", "<|im_end|>");

    @AfterContainer
    static void close() {
        if (llama3 != null) {
            llama3.close();
        }
        if (smolLm2 != null) {
            smolLm2.close();
        }
        BYTES.close();
    }

    @Provide
    Arbitrary<List<String>> ends() {
        Arbitrary<String> piece = Arbitraries.of(
                "\n",
                " ",
                "\r\n",
                "a",
                "It's",
                "'s",
                "9",
                "123",
                "/",
                "<",
                ">",
                "\u00e9",
                "e\u0301",
                "\u4e2d",
                "\ud83d\ude00",
                "\t",
                "\u00a0",
                "-",
                "the",
                " The",
                ".",
                "\n\n");
        return piece.list()
                .ofMaxSize(12)
                .map(pieces -> String.join("", pieces))
                .list()
                .ofSize(6);
    }

    @Property(tries = 300)
    void textsThatBeginAlikeHaveTheIdsOfTheWhole(@ForAll("ends") List<String> ends) {
        compare(BYTES, ends);
    }

    @Property(tries = 300)
    void soDoTheyWithTheMergesOfLlama3(@ForAll("ends") List<String> ends) {
        llama3 = llama3 == null ? SharedData.llama3() : llama3;
        compare(llama3, ends);
    }

    @Property(tries = 300)
    void soDoTheyWithThePatternOfGpt2(@ForAll("ends") List<String> ends) {
        smolLm2 = smolLm2 == null ? SharedData.smolLm2() : smolLm2;
        compare(smolLm2, ends);
    }

    /** Its words reach over line ends, so that a later text merges there what the first ones did not. */
    @Example
    void aTokenizerThatDoesNotSplitAtLineEndsEncodesTextsAsAWhole() {
        String json = Tokenizers.json(Tokenizers.LLAMA3, false);
        int split = json.indexOf("{\"type\":\"Split\"");
        String merging = json.substring(0, split) + json.substring(json.indexOf("{\"type\":\"ByteLevel\"", split));
        try (Tokenizer tokenizer = Tokenizer.of(
                merging.replace("\"id\":257", "\"id\":258")
                        .replace("\"id\":256", "\"id\":257")
                        .replace("},\"merges\":[]", ",\"\u010aS\":256},\"merges\":[[\"\u010a\",\"S\"]]"),
                null)) {
            assertArrayEquals(new int[] {256}, tokenizer.encodePlain("\nS"));
            compare(tokenizer, List.of("So", "One"));
        }
    }

    @Example
    void soDoesOneWithAnAddedTokenThatTakesTheLineEndBeforeIt() {
        String json = Tokenizers.json(Tokenizers.LLAMA3, false, "The");
        int last = json.indexOf("\"id\":258");
        String stripping = json.substring(0, last)
                + json.substring(last)
                        .replaceFirst("\"lstrip\":false", "\"lstrip\":true")
                        .replaceFirst("\"special\":true", "\"special\":false");
        try (Tokenizer tokenizer = Tokenizer.of(stripping, null)) {
            assertArrayEquals(new int[] {258}, tokenizer.encodePlain("\nThe"));
            compare(tokenizer, List.of("The", "One"));
        }
    }

    private static void compare(Tokenizer tokenizer, List<String> ends) {
        SharedBeginnings beginnings = new SharedBeginnings(tokenizer);
        String rubric = "Rate it from 1 to 5.\n".repeat(12) + "<instruction>\n";
        beginnings.encode(rubric + "One");
        beginnings.encode(rubric + "Two");
        for (String end : ends) {
            String text = rubric + end;
            assertArrayEquals(tokenizer.encodeMarked(text), beginnings.encode(text), () -> text);
        }
    }
}
