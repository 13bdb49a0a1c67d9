package io.humpback.examples.cli.command;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.BackwardPrompt;
import io.humpback.Rubric;
import io.humpback.data.Example;
import io.humpback.data.Segment;
import io.humpback.examples.bench.job.AskedPrompt;
import io.humpback.examples.cli.Ran;
import io.humpback.examples.cli.command.check.TextSide;
import io.humpback.examples.nano.Nano;
import io.humpback.model.Prompt;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class JobPromptsTest {

    private static final Example PAIR = new Example("Who built the mill?", "The old miller built it, by the river.");

    private static void checkPrompts(Path model) throws IOException {
        try (TextSide text = TextSide.open(model)) {
            JobPrompts prompts = new JobPrompts(text);
            AskedPrompt rating = prompts.rating(PAIR);
            Prompt.Chat asked = Rubric.standard().prompt(PAIR.instruction(), PAIR.response());
            int[] read = text.tokenizer().encodePrompt(rating.text());
            assertEquals(rating.tokens(), read.length, rating.text());
            int[] withRating = text.encoder().encode(asked.replyingWith("Score: 4"));
            assertArrayEquals(Arrays.copyOf(withRating, withRating.length - 1), read, rating.text());
            assertTrue(rating.text().strip().endsWith("Score:"), rating.text());

            Segment segment = new Segment("s", "", "", "", 0, "A mill grinds grain.");
            AskedPrompt instruction = prompts.instruction(segment);
            assertArrayEquals(
                    text.encoder().encode(BackwardPrompt.standard().of(segment.text())),
                    text.tokenizer().encodePrompt(instruction.text()));
        }
    }

    @Test
    void aServerThatReadsTheTextReadsTheTokens() throws IOException {
        checkPrompts(Nano.resolve(Path.of(Nano.NAME)));
    }

    @Test
    void theTokenAtTheBeginningIsThereOnce() throws IOException {
        checkPrompts(Ran.shared("data/golden/tiny-llama3"));
    }

    @Test
    void theSameHoldsForARealModel() throws IOException {
        checkPrompts(Ran.shared("models/SmolLM2-135M-Instruct.Q4_1.gguf"));
    }
}
