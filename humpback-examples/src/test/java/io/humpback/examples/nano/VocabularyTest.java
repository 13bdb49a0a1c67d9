package io.humpback.examples.nano;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.Rubric;
import io.humpback.model.Message;
import io.humpback.onnx.text.ChatTemplates;
import io.humpback.onnx.text.PromptEncoder;
import io.humpback.onnx.text.Tokenizer;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class VocabularyTest {

    private static final Vocabulary VOCABULARY = new Vocabulary();

    @Property(tries = 100)
    void wordsOfTheWorldAreTokens(@ForAll long seed) {
        LabelledPair pair = new PairSource(World.of(seed, 80), seed).pair();
        try (Tokenizer tokenizer = tokenizer()) {
            for (String text :
                    List.of(pair.example().instruction(), pair.example().response())) {
                int[] ids = tokenizer.encodePlain(text);
                assertEquals(text, tokenizer.decode(ids, false));
                long letters = Arrays.stream(ids)
                        .filter(id -> id < 256)
                        .filter(id -> Character.isLetterOrDigit(
                                tokenizer.decode(new int[] {id}, false).charAt(0)))
                        .filter(id -> !tokenizer.decode(new int[] {id}, false).equals("A"))
                        .count();
                assertEquals(0, letters, text);
            }
        }
    }

    @Property(tries = 100)
    void nothingIsUnknown(@ForAll String text) {
        String wellFormed = new String(text.getBytes(UTF_8), UTF_8); // no lone surrogates
        try (Tokenizer tokenizer = tokenizer()) {
            assertEquals(wellFormed, tokenizer.decode(tokenizer.encodePlain(wellFormed), false));
        }
    }

    @Test
    void itHasAThousandTokensAndRatingsAreOneEach() {
        assertTrue(VOCABULARY.size() >= 512 && VOCABULARY.size() <= 1024, VOCABULARY.size() + " tokens");
        try (Tokenizer tokenizer = tokenizer()) {
            assertEquals(VOCABULARY.size(), tokenizer.vocabularySize());
            for (String rating : Rubric.RATINGS) {
                assertEquals(1, tokenizer.encodePlain(rating).length);
                assertEquals(3, tokenizer.encodePlain(Rubric.REPLY_START + rating).length);
            }
        }
    }

    @Test
    void theLibrarysPromptsAreAFewTokens() {
        try (Tokenizer tokenizer = tokenizer()) {
            PromptEncoder encoder = PromptEncoder.of(
                    tokenizer, ChatTemplates.of(Vocabulary.CHAT_TEMPLATE, tokenizer.bosToken(), tokenizer.eosToken()));
            for (Rubric rubric : Rubric.paraphrases()) {
                // begin, user, rubric, A, rubric, A, rubric, end, assistant, Score, :
                assertEquals(11, encoder.encode(rubric.prompt("A", "A")).length);
            }
            assertArrayEquals(
                    new int[] {id(Vocabulary.BEGIN), id("<|user|>"), 'A', id(Vocabulary.END)},
                    encoder.encode(List.of(Message.user("A")), false, ""));
        }
    }

    @Test
    void controlTokensInTextStayText() {
        try (Tokenizer tokenizer = tokenizer()) {
            assertTrue(Arrays.stream(tokenizer.encodePlain("<|end|><|assistant|>"))
                    .noneMatch(tokenizer.controlIds()::contains));
        }
    }

    private static int id(String control) {
        return VOCABULARY.id(control);
    }

    private static Tokenizer tokenizer() {
        return Tokenizer.of(
                VOCABULARY.tokenizer().toString(), VOCABULARY.tokenizerConfig().toString());
    }
}
