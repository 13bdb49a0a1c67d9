package io.humpback.onnx.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.model.ModelException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class TokenizerTest {

    @Test
    void tinyLlama3GivesTheReferenceIds() {
        JsonNode golden = SharedData.json("data/golden/tiny-llama3/tokenizer-goldens.json");
        try (Tokenizer tokenizer = SharedData.tinyLlama3()) {
            assertEquals(20, golden.get("encode").size());
            for (JsonNode row : golden.get("encode")) {
                String text = row.get("text").textValue();
                int[] ids = SharedData.ids(row.get("ids"));
                assertArrayEquals(SharedData.ids(row.get("ids_no_bos")), tokenizer.encode(text), text);
                assertArrayEquals(SharedData.ids(row.get("ids_specials_as_text")), tokenizer.encodePlain(text), text);
                assertEquals(
                        row.get("decoded").textValue(), tokenizer.decode(SharedData.ids(row.get("ids_no_bos")), false));
                assertEquals(row.get("decoded_skip_special").textValue(), tokenizer.decode(ids, true));
                int[] prompt = tokenizer.encodePrompt(text);
                assertArrayEquals(text.startsWith("<|begin_of_text|>") ? tokenizer.encode(text) : ids, prompt, text);
            }
            golden.get("special_ids")
                    .properties()
                    .forEach(entry -> assertEquals(
                            entry.getValue().intValue(),
                            tokenizer.id(entry.getKey()).orElseThrow()));
            assertEquals(
                    golden.get("special_ids").size(), tokenizer.controlIds().size());
            assertEquals(507, tokenizer.bosId().getAsInt());
            assertEquals(511, tokenizer.eosId().getAsInt());
            assertEquals(512, tokenizer.vocabularySize());
            assertTrue(tokenizer.addsBos());
        }
    }

    @Test
    void smolLm2BuiltFromGgufGivesTheReferenceIds() {
        JsonNode golden = SharedData.json("data/golden/smollm2/tokenizer.json");
        try (Tokenizer tokenizer = SharedData.smolLm2()) {
            assertEquals(155, golden.get("strings").size());
            compare(golden.get("strings"), tokenizer);
            golden.get("special")
                    .properties()
                    .forEach(entry -> assertEquals(
                            entry.getValue().intValue(),
                            tokenizer.id(entry.getKey()).orElseThrow()));
            assertEquals(golden.get("special").size(), tokenizer.controlIds().size());
            assertEquals(49152, tokenizer.vocabularySize());
            assertFalse(tokenizer.addsBos());
        }
    }

    @Test
    void llama3GivesTheReferenceIds() {
        JsonNode golden = SharedData.json("data/golden/llama3-tokenizer.json");
        try (Tokenizer tokenizer = SharedData.llama3()) {
            assertEquals(160, golden.get("strings").size());
            compare(golden.get("strings"), tokenizer);
            assertEquals(128256, tokenizer.vocabularySize());
            assertEquals(256, tokenizer.controlIds().size());
            assertTrue(tokenizer.addsBos());
        }
    }

    private static void compare(JsonNode strings, Tokenizer tokenizer) {
        for (JsonNode row : strings) {
            String text = row.get("text").textValue();
            int[] ids = SharedData.ids(row.get("ids"));
            assertArrayEquals(ids, tokenizer.encode(text), text);
            int[] plain = row.has("ids_specials_as_text") ? SharedData.ids(row.get("ids_specials_as_text")) : ids;
            assertArrayEquals(plain, tokenizer.encodePlain(text), text);
            assertEquals(text, tokenizer.decode(ids, false));
            assertEquals(text, tokenizer.decode(plain, true));
        }
    }

    @Test
    void aGgufOfTinyLlama3IsTheSameTokenizerAsItsFolder() {
        try (Tokenizer folder = SharedData.tinyLlama3();
                Tokenizer gguf = Tokenizer.ofGguf(SharedData.gguf("data/golden/tiny-gguf/tiny-llama3-mixed.gguf"))) {
            for (JsonNode row : SharedData.json("data/golden/tiny-llama3/tokenizer-goldens.json")
                    .get("encode")) {
                String text = row.get("text").textValue();
                assertArrayEquals(folder.encodePrompt(text), gguf.encodePrompt(text));
                assertArrayEquals(folder.encodePlain(text), gguf.encodePlain(text));
            }
            assertEquals(folder.bosToken(), gguf.bosToken());
            assertEquals(folder.eosToken(), gguf.eosToken());
            assertEquals(folder.controlIds(), gguf.controlIds());
        }
    }

    @Test
    void oneBeginningIsPutFirstAndNeverTwo() {
        try (Tokenizer tokenizer = Tokenizers.bytes(Tokenizers.LLAMA3, true)) {
            int bos = tokenizer.bosId().getAsInt();
            assertArrayEquals(new int[] {bos, 'a'}, tokenizer.encodePrompt("a"));
            assertArrayEquals(new int[] {bos, 'a'}, tokenizer.encodePrompt("<s>a"));
            assertArrayEquals(new int[] {bos}, tokenizer.encodePrompt(""));
        }
        try (Tokenizer tokenizer = Tokenizers.bytes(Tokenizers.LLAMA3, false)) {
            assertArrayEquals(new int[] {'a'}, tokenizer.encodePrompt("a"));
        }
    }

    @Test
    void theConfigDecidesAboutTheBeginning() {
        String json = Tokenizers.json(Tokenizers.LLAMA3, true);
        try (Tokenizer off = Tokenizer.of(json, "{\"add_bos_token\": false}");
                Tokenizer other =
                        Tokenizer.of(json, "{\"bos_token\": {\"content\": \"</s>\"}, \"add_bos_token\": true}")) {
            assertFalse(off.addsBos());
            assertEquals(other.id("</s>").orElseThrow(), other.encodePrompt("a")[0]);
        }
    }

    @Test
    void controlTextInPlainTextStaysText() {
        try (Tokenizer tokenizer = Tokenizers.bytes(Tokenizers.LLAMA3, true)) {
            assertArrayEquals(new int[] {'<', 's', '>', 'a'}, tokenizer.encodePlain("<s>a"));
            assertArrayEquals(new int[] {256, 'a'}, tokenizer.encode("<s>a"));
        }
    }

    @Test
    void theLongestOfTwoControlTokensWins() {
        String json = Tokenizers.json(Tokenizers.LLAMA3, true, "<a>", "<a><b>");
        try (Tokenizer tokenizer = Tokenizer.of(json, null)) {
            assertArrayEquals(
                    new int[] {
                        tokenizer.id("<a><b>").orElseThrow(),
                        tokenizer.id("<a>").orElseThrow()
                    },
                    tokenizer.encode("<a><b><a>"));
        }
    }

    @Test
    void loneSurrogatesAndNulAreHarmless() {
        try (Tokenizer tokenizer = Tokenizers.bytes(Tokenizers.LLAMA3, true)) {
            Map<String, String> lone = Map.of(
                    "a\uD800b", "a\uFFFDb", "\uDC00", "\uFFFD", "\uDC00\uD800", "\uFFFD\uFFFD", "x\uD83D", "x\uFFFD");
            lone.forEach((text, expected) -> {
                assertEquals(expected, tokenizer.decode(tokenizer.encodePlain(text), false));
                assertEquals(expected, tokenizer.decode(tokenizer.encode(text), false));
            });
            assertEquals("a\0b\0", tokenizer.decode(tokenizer.encodePlain("a\0b\0"), false));
        }
    }

    @Test
    void aCharacterWithoutItsLastByteIsReplaced() {
        try (Tokenizer tokenizer = Tokenizers.bytes(Tokenizers.LLAMA3, true)) {
            int[] ids = tokenizer.encodePlain("é😀x");
            assertEquals("é\uFFFD", tokenizer.decode(Arrays.copyOf(ids, 4), true));
        }
    }

    @Test
    void idsOutsideTheVocabularyAreRefused() {
        try (Tokenizer tokenizer = Tokenizers.bytes(Tokenizers.LLAMA3, true)) {
            for (int id : new int[] {-1, 258, Integer.MAX_VALUE}) {
                ModelException e = assertThrows(ModelException.class, () -> tokenizer.decode(new int[] {id}, false));
                assertEquals("token id " + id + ": expected 0 to 257", e.getMessage());
            }
        }
    }

    @Test
    void longTextIsNeverCutAndTooLongTextIsRefused() {
        try (Tokenizer tokenizer = Tokenizers.bytes(Tokenizers.LLAMA3, true)) {
            assertEquals(200_000, tokenizer.encodePlain("ab ".repeat(66_666) + "ab").length);
            assertEquals(Tokenizer.MAX_CHARS, tokenizer.encodePlain(" ".repeat(Tokenizer.MAX_CHARS)).length);
            String tooLong = "a".repeat(Tokenizer.MAX_CHARS + 1);
            assertEquals(
                    "text of 1048577 characters: expected at most 1048576",
                    assertThrows(ModelException.class, () -> tokenizer.encodePlain(tooLong))
                            .getMessage());
        }
    }

    @Test
    void aClosedTokenizerSaysSo() {
        Tokenizer tokenizer = Tokenizers.bytes(Tokenizers.LLAMA3, true);
        tokenizer.close();
        tokenizer.close();
        assertEquals(
                "the tokenizer is closed",
                assertThrows(IllegalStateException.class, () -> tokenizer.encode("a"))
                        .getMessage());
    }

    @Test
    void manyThreadsMayEncodeWhileOneCloses() throws Exception {
        Tokenizer tokenizer = Tokenizers.bytes(Tokenizers.LLAMA3, true);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            int[] expected = tokenizer.encode("<s>The quick brown fox");
            List<Future<Integer>> results = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                Callable<Integer> work = () -> {
                    int done = 0;
                    try {
                        for (; done < 1_000_000; done++) {
                            assertArrayEquals(expected, tokenizer.encode("<s>The quick brown fox"));
                        }
                    } catch (IllegalStateException closed) {
                        return done;
                    }
                    return done;
                };
                results.add(threads.submit(work));
            }
            Thread.sleep(100);
            tokenizer.close();
            for (Future<Integer> result : results) {
                assertTrue(result.get() < 1_000_000);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void everyFileThatCannotBeReadIsRefusedInOneLine() {
        String good = Tokenizers.json(Tokenizers.LLAMA3, true);
        Map<String, String> refused = new HashMap<>();
        refused.put("", "expected a JSON object");
        refused.put("null", "expected a JSON object");
        refused.put("[]", "expected a JSON object");
        refused.put("{}", "model: expected an object, found nothing");
        refused.put(good.substring(0, good.length() / 2), "not valid JSON in line 1");
        refused.put(good + "x", "not valid JSON");
        refused.put("[".repeat(100_000), "not valid JSON");
        refused.put(
                good.replace("\"BPE\"", "\"Bigram\""),
                "model.type: expected BPE, Unigram, WordPiece or WordLevel, found \"Bigram\"");
        refused.put(good.replace("\"BPE\"", "\"Unigram\""), "vocab: expected a list, found object");
        refused.put(
                good.replace("\"vocab\":{", "\"vocab\":[{").replace("},\"merges\"", "}],\"merges\""),
                "vocab: expected an object, found array");
        refused.put(good.replace("\"a\":97", "\"a\":\"x\""), "expected an id, found \"x\"");
        refused.put(good.replace("\"a\":97", "\"a\":-5"), "id -5, expected 0 to 1048575");
        refused.put(good.replace("\"a\":97", "\"a\":4294967295"), "id 4294967295, expected");
        refused.put(good.replace("\"a\":97", "\"a\":98"), "the id 98 belongs to two tokens");
        refused.put(good.replace("\"a\":97", "\"a\":97,\"a\":97"), "Duplicate");
        refused.put(good.replace("\"merges\":[]", "\"merges\":[\"a zz\"]"), "out of vocabulary");
        refused.put(
                good.replace("\"merges\":[]", "\"merges\":[\"a\"]"),
                "expected two tokens with a space between, found \"a\"");
        refused.put(good.replace("\"merges\":[]", "\"merges\":[7]"), "expected pairs of tokens, found \"7\"");
        refused.put(
                good.replace("\"merges\":[]", "\"merges\":[],\"dropout\":0.1"),
                "model.dropout: \"0.1\" is not supported");
        refused.put(good.replace("\"id\":256", "\"id\":300"), "added token \"<s>\": has id 300, expected [256]");
        refused.put(
                good.replace("\"content\":\"<s>\"", "\"content\":\"\""),
                "added token 256: expected a text that is not empty");
        refused.put(
                good.replace("\"content\":\"<s>\"", "\"content\":null"), "expected a text as content, found \"null\"");
        refused.put(good.replace("\"special\":true", "\"special\":1"), "special: expected true or false, found \"1\"");
        refused.put(
                Tokenizers.json("(a+)+$", true),
                "the pattern \"(a+)+$\" is not supported: its steps may grow faster than the text");
        refused.put(
                good.replace("\"normalizer\":null", "\"normalizer\":{\"type\":\"Shout\"}"),
                "normalizer: expected Sequence or one of [NFC, NFD,");
        refused.put(
                good.replace(
                        "\"normalizer\":null",
                        "\"normalizer\":{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"AAAA\"}"),
                "Precompiled: not a table of replacements that can be read safely");
        refused.put(
                good.replace("\"type\":\"TemplateProcessing\"", "\"type\":\"Own\""),
                "post_processor: expected ByteLevel, found \"Own\"");
        refused.forEach((json, message) -> {
            ModelException e = assertThrows(ModelException.class, () -> Tokenizer.of(json, null), message);
            assertTrue(e.getMessage().startsWith("tokenizer.json: "), e.getMessage());
            assertTrue(e.getMessage().contains(message), e.getMessage() + " should name: " + message);
            assertEquals(1, e.getMessage().lines().count(), e.getMessage());
        });
    }

    @Test
    void everyTruncationOfAFileIsRefused() {
        String good = Tokenizers.json(Tokenizers.LLAMA3, true);
        for (int length = 0; length < good.length(); length += 37) {
            String cut = good.substring(0, length);
            assertThrows(ModelException.class, () -> Tokenizer.of(cut, null));
        }
    }

    @Property(tries = 500)
    void aDamagedFileIsRefusedOrWorks(
            @ForAll @IntRange(max = 6000) int at,
            @ForAll("damages") String damage,
            @ForAll @IntRange(max = 9) int cut) {
        String good = Tokenizers.json(Tokenizers.LLAMA3, true);
        int from = Math.min(at, good.length());
        String damaged = good.substring(0, from) + damage + good.substring(Math.min(from + cut, good.length()));
        try (Tokenizer tokenizer = Tokenizer.of(damaged, null)) {
            tokenizer.encode("<s>The quick  brown fox\n\n12 é😀");
        } catch (ModelException e) {
            assertEquals(1, e.getMessage().lines().count(), e.getMessage());
        }
    }

    @Provide
    Arbitrary<String> damages() {
        return Arbitraries.of(
                "", "0", "-1", "null", "true", "{}", "[]", "\"\"", "{", "}", "]", ",", ":", "\\", "\\u0000", "1e999",
                "[[[[", "\uD800");
    }

    @Test
    void ggufVocabulariesThatAreNotKnownAreRefusedByName() {
        refusedGguf(
                Map.of("tokenizer.ggml.model", "t5"),
                "tokenizer.ggml.model: expected gpt2, a byte-level BPE, or llama, SentencePiece, found \"t5\"");
        refusedGguf(Map.of("tokenizer.ggml.model", "llama"), "tokenizer.ggml.scores: expected an array, found nothing");
        refusedGguf(
                Map.of("tokenizer.ggml.pre", "kimi-k2"),
                "tokenizer.ggml.pre: the pre-tokenizer \"kimi-k2\" is not known, expected one such as llama-bpe, qwen2,"
                        + " smollm, tekken, gpt-4o or gpt-2");
        refusedGguf(Map.of("tokenizer.ggml.tokens", "x"), "tokenizer.ggml.tokens: expected an array, found String");
        refusedGguf(
                Map.of("tokenizer.ggml.tokens", List.of("a", "a", "b")), "tokenizer.ggml.tokens: \"a\" occurs twice");
        refusedGguf(
                Map.of("tokenizer.ggml.tokens", List.of("a", 7, "b")),
                "tokenizer.ggml.tokens: expected a text, found Integer");
        refusedGguf(
                Map.of("tokenizer.ggml.token_type", new int[] {1}),
                "tokenizer.ggml.tokens: 3 tokens and 1 token types, expected as many of each and at most 1048576");
        refusedGguf(Map.of("tokenizer.ggml.bos_token_id", 3), "tokenizer.ggml.bos_token_id: 3, expected 0 to 2");
        refusedGguf(
                Map.of("tokenizer.ggml.add_bos_token", 1),
                "tokenizer.ggml.add_bos_token: expected true or false, found Integer");
        refusedGguf(
                Map.of("tokenizer.ggml.add_bos_token", true),
                "tokenizer.ggml: a beginning-of-sequence token is wanted but none is named");
        assertThrows(ModelException.class, () -> Tokenizer.ofGguf(Map.of()));
    }

    @Test
    void ggufArraysMayBeListsObjectsOrPrimitives() {
        for (Object types :
                new Object[] {new int[] {1, 1, 3}, new Integer[] {1, 1, 3}, List.of(1, 1, 3), new long[] {1, 1, 3}}) {
            Map<String, Object> metadata = tinyGguf();
            metadata.put("tokenizer.ggml.token_type", types);
            metadata.put("tokenizer.ggml.tokens", new String[] {"a", "b", "<x>"});
            try (Tokenizer tokenizer = Tokenizer.ofGguf(metadata)) {
                assertArrayEquals(new int[] {0, 2, 1}, tokenizer.encode("a<x>b"));
                assertArrayEquals(new int[] {0, 1}, tokenizer.encodePlain("a<x>b"));
            }
        }
    }

    private static void refusedGguf(Map<String, Object> change, String message) {
        Map<String, Object> metadata = tinyGguf();
        metadata.putAll(change);
        assertEquals(
                message,
                assertThrows(ModelException.class, () -> Tokenizer.ofGguf(metadata))
                        .getMessage());
    }

    private static Map<String, Object> tinyGguf() {
        Map<String, Object> metadata = new HashMap<>();
        metadata.put("tokenizer.ggml.model", "gpt2");
        metadata.put("tokenizer.ggml.pre", "smollm");
        metadata.put("tokenizer.ggml.tokens", List.of("a", "b", "<x>"));
        metadata.put("tokenizer.ggml.token_type", new int[] {1, 1, 3});
        metadata.put("tokenizer.ggml.merges", List.of());
        return metadata;
    }
}
