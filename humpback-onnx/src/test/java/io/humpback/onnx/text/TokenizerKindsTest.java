package io.humpback.onnx.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.model.Message;
import io.humpback.model.ModelException;
import io.humpback.model.Prompt;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Kinds of tokenizers, each trained on a few texts, with the ids that Python's tokenizers and sentencepiece give. */
class TokenizerKindsTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final JsonNode KINDS = resource("tokenizer-kinds.json.gz");

    private static JsonNode resource(String name) {
        try (InputStream in = TokenizerKindsTest.class.getResourceAsStream(name)) {
            return JSON.readTree(new GZIPInputStream(Objects.requireNonNull(in)));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static JsonNode kind(String name) {
        for (JsonNode kind : KINDS) {
            if (kind.get("name").textValue().equals(name)) {
                return kind.get("tokenizer");
            }
        }
        throw new IllegalArgumentException(name);
    }

    private static void compare(String name, JsonNode rows, Tokenizer tokenizer) {
        for (JsonNode row : rows) {
            String text = row.get("text").textValue();
            int[] ids = SharedData.ids(row.get("ids"));
            assertArrayEquals(ids, tokenizer.encode(text), name + ": " + text);
            assertEquals(row.get("decoded").textValue(), tokenizer.decode(ids, false), name + ": " + text);
        }
    }

    @Test
    void everyKindGivesTheReferenceIdsAndTexts() {
        JsonNode kinds = KINDS;
        assertEquals(18, kinds.size());
        for (JsonNode kind : kinds) {
            String name = kind.get("name").textValue();
            try (Tokenizer tokenizer = Tokenizer.of(kind.get("tokenizer").toString(), null)) {
                compare(name, kind.get("rows"), tokenizer);
                int first = kind.get("begins").intValue();
                assertEquals(first >= 0, tokenizer.addsBos(), name);
                assertEquals(first, tokenizer.bosId().orElse(-1), name);
            }
        }
    }

    @Test
    void noKindMakesAControlTokenOfUserText() {
        for (JsonNode kind : KINDS) {
            try (Tokenizer tokenizer = Tokenizer.of(kind.get("tokenizer").toString(), null)) {
                for (String token : List.of("<s>", "</s>", "[CLS]", "[SEP]")) {
                    int id = tokenizer.id(token).orElse(-1);
                    for (String text : List.of(token, " " + token, "a" + token + "b", token + token)) {
                        for (int found : tokenizer.encodePlain(text)) {
                            assertTrue(found != id || id < 0, kind.get("name") + ": " + text);
                        }
                    }
                }
            }
        }
    }

    @Test
    void mergesThatWouldMakeAControlTokenAreLeftOut() {
        String json = Tokenizers.json("\\S+", false)
                .replace("},\"merges\":[]", ",\"<s>\":256,\"s>\":257},\"merges\":[\"s >\",[\"<\",\"s>\"]]")
                .replace("\"id\":257", "\"id\":258");
        try (Tokenizer tokenizer = Tokenizer.of(json.replace("\"</s>\"", "\"<e>\""), null)) {
            assertArrayEquals(new int[] {'<', 257}, tokenizer.encodePlain("<s>"));
            assertArrayEquals(new int[] {256}, tokenizer.encode("<s>"));
        }
    }

    @Test
    void marksOfTurnsAreControlTokensWhateverTheFileSays() {
        String json = Tokenizers.json(Tokenizers.LLAMA3, false, "<\uff5cUser\uff5c>", "<think>");
        String plain = json.substring(0, json.indexOf("\"id\":258"))
                + json.substring(json.indexOf("\"id\":258")).replace("\"special\":true", "\"special\":false");
        try (Tokenizer tokenizer = Tokenizer.of(plain, null)) {
            assertTrue(tokenizer.controlIds().contains(258));
            assertFalse(tokenizer.controlIds().contains(259));
            assertTrue(tokenizer.encodePlain("<\uff5cUser\uff5c>").length > 1);
            assertArrayEquals(new int[] {258}, tokenizer.encode("<\uff5cUser\uff5c>"));
            assertArrayEquals(new int[] {259}, tokenizer.encodePlain("<think>"));
        }
    }

    @Test
    void namedTokensThatTheVocabularyLacksGetTheNextIds() {
        String config = "{\"bos_token\": \"<begin>\", \"eos_token\": \"<end>\"}";
        try (Tokenizer tokenizer = Tokenizer.of(Tokenizers.json(Tokenizers.LLAMA3, false), config)) {
            assertEquals(258, tokenizer.bosId().getAsInt());
            assertEquals(259, tokenizer.eosId().getAsInt());
            assertArrayEquals(new int[] {258, 'a', 259}, tokenizer.encode("<begin>a<end>"));
        }
    }

    @Test
    void aConversationHasTheIdsOfItsTextWithKindsThatPutASpaceFirst() {
        String template =
                "{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content }}{{ eos_token }}{% endfor %}go ";
        for (String name : List.of("llama-2", "mistral-metaspace-first", "metaspace-always-split", "gemma")) {
            try (Tokenizer tokenizer = Tokenizer.of(kind(name).toString(), "{\"eos_token\": \"</s>\"}")) {
                PromptEncoder encoder = PromptEncoder.of(
                        tokenizer, ChatTemplates.of(template, tokenizer.bosToken(), tokenizer.eosToken()));
                for (String content : List.of("Hello", " two  spaces", "a\nb")) {
                    Prompt.Chat chat = Prompt.chat(Message.user(content), Message.assistant("ok"), Message.user("x"));
                    String text = "<s>[user] " + content + "</s>[assistant] ok</s>[user] x</s>go Score: ";
                    assertArrayEquals(
                            tokenizer.encode(text), encoder.encode(chat.replyingWith("Score: ")), name + content);
                }
            }
        }
    }

    @Test
    void aCompletionGoesOnWhereItsPromptEnds() {
        for (String name : List.of("llama-2", "mistral-metaspace-first", "metaspace-always-split", "gemma")) {
            try (Tokenizer tokenizer = Tokenizer.of(kind(name).toString(), null)) {
                PromptEncoder encoder = PromptEncoder.of(tokenizer, null);
                int[] prompt = tokenizer.encode("Q: 1\nA:");
                int[] completion = encoder.encodePlain(" two");
                int[] both = java.util.Arrays.copyOf(prompt, prompt.length + completion.length);
                System.arraycopy(completion, 0, both, prompt.length, completion.length);
                assertArrayEquals(tokenizer.encode("Q: 1\nA: two"), both, name);
                assertEquals(0, encoder.encodePlain("").length);
            }
        }
    }

    // GGUF

    private static Map<String, Object> sentencePiece() {
        JsonNode reference = resource("sentencepiece-bpe.json.gz");
        List<String> tokens = new ArrayList<>();
        reference.get("tokens").forEach(token -> tokens.add(token.textValue()));
        float[] scores = new float[tokens.size()];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = reference.get("scores").get(i).floatValue();
        }
        Map<String, Object> metadata = new HashMap<>();
        metadata.put("general.architecture", "llama");
        metadata.put("tokenizer.ggml.model", "llama");
        metadata.put("tokenizer.ggml.pre", "default");
        metadata.put("tokenizer.ggml.tokens", tokens);
        metadata.put("tokenizer.ggml.scores", scores);
        metadata.put("tokenizer.ggml.token_type", SharedData.ids(reference.get("types")));
        return metadata;
    }

    @Test
    void aSentencePieceVocabularyInGgufGivesSentencePiecesIds() {
        JsonNode rows = resource("sentencepiece-bpe.json.gz").get("rows");
        try (Tokenizer tokenizer = Tokenizer.ofGguf(sentencePiece())) {
            for (JsonNode row : rows) {
                String text = row.get("text").textValue();
                int[] ids = SharedData.ids(row.get("ids"));
                assertArrayEquals(ids, tokenizer.encodePlain(text), text);
                assertEquals(row.get("decoded").textValue(), tokenizer.decode(ids, false));
            }
            assertTrue(tokenizer.addsBos());
            assertEquals("<s>", tokenizer.bosToken());
            assertEquals("</s>", tokenizer.eosToken());
            assertTrue(tokenizer.controlIds().contains(tokenizer.id("<|mark|>").orElseThrow()));
        }
    }

    @Test
    void theFileWrittenForAGgufVocabularyIsTheSameTokenizer() throws IOException {
        Map<String, Object> metadata = sentencePiece();
        String config = Tokenizer.configOfGguf(metadata).toString();
        String json = Tokenizer.jsonOfGguf(metadata);
        try (Tokenizer gguf = Tokenizer.ofGguf(metadata);
                Tokenizer folder = Tokenizer.of(json, config)) {
            for (JsonNode row : resource("sentencepiece-bpe.json.gz").get("rows")) {
                String text = row.get("text").textValue();
                assertArrayEquals(gguf.encodePrompt(text), folder.encodePrompt(text));
                assertArrayEquals(gguf.encodePlain(text), folder.encodePlain(text));
            }
            assertEquals(gguf.controlIds(), folder.controlIds());
        }
        JsonNode written = JSON.readTree(json);
        assertEquals("Sequence", written.at("/decoder/type").textValue());
        assertEquals(
                "<s>", written.at("/post_processor/single/0/SpecialToken/id").textValue());
        assertEquals("<unk>", JSON.readTree(config).get("unk_token").textValue());
    }

    @Test
    void theFileWrittenForAByteLevelVocabularyHasDecoderAndBeginning() throws IOException {
        Map<String, Object> metadata = SharedData.gguf("data/golden/tiny-gguf/tiny-llama3-mixed.gguf");
        JsonNode written = JSON.readTree(Tokenizer.jsonOfGguf(metadata));
        assertEquals("ByteLevel", written.at("/decoder/type").textValue());
        assertEquals(
                "<|begin_of_text|>",
                written.at("/post_processor/single/0/SpecialToken/id").textValue());
        assertEquals(
                507,
                written.at("/post_processor/special_tokens/<|begin_of_text|>/ids/0")
                        .intValue());
        ObjectNode config = Tokenizer.configOfGguf(metadata);
        assertEquals("<|begin_of_text|>", config.get("bos_token").textValue());
        assertTrue(config.get("add_bos_token").booleanValue());
    }

    private static Map<String, Object> bytes(String pre) throws IOException {
        List<String> tokens = new ArrayList<>();
        JSON.readTree(Tokenizers.json(Tokenizers.LLAMA3, false))
                .at("/model/vocab")
                .fieldNames()
                .forEachRemaining(tokens::add);
        tokens.addAll(List.of("12", "123", "<s>"));
        int[] types = new int[tokens.size()];
        java.util.Arrays.fill(types, 1);
        types[258] = 3;
        Map<String, Object> metadata = new HashMap<>();
        metadata.put("tokenizer.ggml.model", "gpt2");
        metadata.put("tokenizer.ggml.tokens", tokens);
        metadata.put("tokenizer.ggml.token_type", types);
        metadata.put("tokenizer.ggml.merges", List.of("1 2"));
        metadata.put("tokenizer.ggml.bos_token_id", 258);
        if (pre != null) {
            metadata.put("tokenizer.ggml.pre", pre);
        }
        return metadata;
    }

    private static void assertWords(String pre, boolean addsBos, int... ids) throws IOException {
        try (Tokenizer tokenizer = Tokenizer.ofGguf(bytes(pre))) {
            assertArrayEquals(ids, tokenizer.encodePlain("123"), pre);
            assertEquals(addsBos, tokenizer.addsBos(), pre);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2"})
    void namesOfLlama3TakeWordsThatAreTokensWhole(String pre) throws IOException {
        assertWords(pre, true, 257);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"smaug-bpe", "dbrx", "glm4", "gpt-4o", "llama4", "deepseek-v3", "gpt-2", "phi-2", "default"})
    void otherNamesMergeInWords(String pre) throws IOException {
        assertWords(pre, false, 256, '3');
    }

    @ParameterizedTest
    @ValueSource(strings = {"qwen2", "smollm", "starcoder", "refact", "command-r", "deepseek-coder", "seed-coder"})
    void namesOfPatternsWithSingleDigitsCutThem(String pre) throws IOException {
        assertWords(pre, false, '1', '2', '3');
    }

    @Test
    void aMissingNameIsReadAsGpt2() throws IOException {
        assertWords(null, false, 256, '3');
    }

    @Test
    void tekkenCutsDigitsAndBeginsWithItsToken() throws IOException {
        assertWords("tekken", true, '1', '2', '3');
    }

    // what would end the process

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(a+)+b", "(a|a)*b", "a*a*b", "(a*)*b", "(?:a?){65}b", "\\s*\\s*x", "(?=a*b)a*(?=a*b)c", "(a)\\1", "(a",
                "a)", "[a", "*a", "", "(?~a)", "\\K", "a{9999}", "(?:a*b|a)*", "x*a|x*b|x*c|x*d|x*e|x*f|x*g|x*h|x*i"
            })
    void patternsThatMayStepBackTooFarAreRefused(String pattern) {
        assertThrows(ModelException.class, () -> LinearPattern.checked("pattern", pattern));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(?i:'s|'t)|\\p{N}{1,3}|\\s+(?!\\S)|\\s+",
                "[\\p{L}&&[^a-z]]+",
                "(?=(\\d{3})+(?!\\d))",
                "a++b*c",
                "[]a]+",
                "(?<name>a)b?",
                "(?>a*)a*b",
                "(?i)abc",
                "\\x{4e00}|\\u3042",
                "[^\\n]+|[\\n]+",
                "a|b|",
                "(?<=a)b*"
            })
    void harmlessPatternsAreTaken(String pattern) {
        assertEquals(pattern, LinearPattern.checked("pattern", pattern));
    }

    @Property(tries = 500)
    void aDamagedFileOfAnyKindIsRefusedOrHarmless(
            @ForAll @IntRange(max = 17) int kind,
            @ForAll @IntRange(max = 100_000) int at,
            @ForAll @IntRange(max = 6) int cut,
            @ForAll("damages") String damage) {
        String good = KINDS.get(kind).get("tokenizer").toString();
        int from = at % (at % 3 == 0 ? good.length() : good.indexOf("\"vocab\""));
        String damaged = good.substring(0, from) + damage + good.substring(Math.min(from + cut, good.length()));
        try (Tokenizer tokenizer = Tokenizer.of(damaged, null)) {
            int[] ids = tokenizer.encode("<s>The quick  brown fox\n\n12 \u00e9\ud83d\ude00");
            tokenizer.decode(ids, true);
        } catch (ModelException e) {
            assertEquals(1, e.getMessage().lines().count(), e.getMessage());
        }
    }

    @Provide
    Arbitrary<String> damages() {
        return Arbitraries.of(
                "",
                "0",
                "-1",
                "9",
                "null",
                "true",
                "{}",
                "[]",
                "\"\"",
                "{",
                "\"",
                ",",
                ":",
                "\\",
                "*",
                "+",
                "(?!",
                "\ud83d\ude00");
    }

    @Property(tries = 300)
    void aDamagedTableOfReplacementsIsRefusedOrHarmless(
            @ForAll @IntRange(max = 100_000) int at, @ForAll byte value, @ForAll @IntRange(max = 3) int times)
            throws IOException {
        ObjectNode json = kind("unigram-precompiled").deepCopy();
        ObjectNode step = (ObjectNode) json.at("/normalizer/normalizers/0");
        byte[] table =
                Base64.getDecoder().decode(step.get("precompiled_charsmap").textValue());
        for (int i = 0; i <= times; i++) {
            table[Math.floorMod(at * (i + 1), table.length)] += value;
        }
        step.put("precompiled_charsmap", Base64.getEncoder().encodeToString(table));
        try (Tokenizer tokenizer = Tokenizer.of(json.toString(), null)) {
            tokenizer.encodePlain("\ufb01ne \u2026 \uff46 \u2167 \u00e9\u4e2d\ud83d\ude00 abc");
        } catch (ModelException e) {
            assertEquals(1, e.getMessage().lines().count());
        }
    }
}
