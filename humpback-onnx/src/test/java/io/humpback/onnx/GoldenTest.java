package io.humpback.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.ReferenceData;
import io.humpback.model.Choice;
import io.humpback.model.Completion;
import io.humpback.model.Continuation;
import io.humpback.model.Likelihood;
import io.humpback.model.Message;
import io.humpback.model.Prompt;
import io.humpback.model.Sampling;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** SmolLM2 against transformers: ids, logits, likelihoods and digit distributions. */
class GoldenTest {

    private static OnnxModel model;

    @BeforeAll
    static void load() throws IOException {
        model = OnnxModel.load(ReferenceData.file("models/SmolLM2-135M-Instruct.Q4_1.gguf"));
    }

    @AfterAll
    static void close() {
        if (model != null) {
            model.close();
        }
    }

    private static JsonNode golden(String name) throws IOException {
        return ReferenceData.json("data/golden/" + name);
    }

    private static List<Integer> ids(JsonNode array) {
        List<Integer> ids = new ArrayList<>();
        array.forEach(id -> ids.add(id.asInt()));
        return ids;
    }

    private static Prompt.Chat chat(JsonNode messages) {
        List<Message> turns = new ArrayList<>();
        messages.forEach(m -> turns.add(new Message(
                Message.Role.of(m.path("role").asText()), m.path("content").asText())));
        return Prompt.chat(turns);
    }

    @Test
    void greedyContinuationsAreThoseOfTransformers() throws IOException {
        JsonNode chats = golden("smollm2/generation.json").path("chats");
        List<Prompt> prompts = new ArrayList<>();
        chats.forEach(chat -> prompts.add(chat(chat.path("messages"))));
        List<Completion> completions = model.complete(
                        prompts.stream(), Sampling.greedy().maxTokens(48))
                .toList();
        int compared = 0;
        for (int i = 0; i < chats.size(); i++) {
            JsonNode greedy = chats.get(i).path("greedy");
            List<Integer> expected = ids(greedy.path("new_ids"));
            int clear = 0;
            while (clear < expected.size()
                    && greedy.path("gap_top1_top2").get(clear).asDouble() > 5e-3) {
                clear++;
            }
            List<Integer> found = completions.get(i).ids();
            assertEquals(expected.subList(0, clear), found.subList(0, Math.min(clear, found.size())), "chat " + i);
            compared += clear;
            if (clear == expected.size()) {
                assertEquals(greedy.path("text").asText(), completions.get(i).text());
            }
        }
        assertTrue(compared > 200, compared + " ids compared");
    }

    @Test
    void likelihoodsAreThoseOfTransformers() throws IOException {
        for (JsonNode chat : golden("smollm2/generation.json").path("chats")) {
            for (JsonNode given : chat.path("likelihoods")) {
                Likelihood found = model.logLikelihood(
                        Continuation.of(chat(chat.path("messages")), ids(given.path("completion_ids"))));
                for (int i = 0; i < found.tokens().length; i++) {
                    assertEquals(given.path("token_logprobs").get(i).asDouble(), found.tokens()[i], 1e-3);
                }
                assertEquals(given.path("sum").asDouble(), found.sum(), 1e-3 * found.tokens().length);
            }
        }
    }

    @Test
    void ratingsAreThoseOfTransformers() throws IOException {
        JsonNode golden = golden("smollm2/judge.json");
        List<String> digits =
                IntStream.rangeClosed(1, 5).mapToObj(Integer::toString).toList();
        for (JsonNode row : golden.path("rows")) {
            String text = golden.path("rubric_template")
                    .asText()
                    .replace("{instruction}", row.path("instruction").asText())
                    .replace("{response}", row.path("response").asText());
            Choice found = model.choose(
                    Prompt.chat(Message.user(text)).replyingWith("Score:"),
                    digits.stream().map(d -> " " + d).toList());
            JsonNode expected = row.path("after \"Score: \"");
            double score = 0;
            for (int i = 0; i < 5; i++) {
                assertEquals(expected.path("digit_logprobs").get(i).asDouble(), found.logProbabilities()[i], 1e-3);
                score += (i + 1) * found.normalised()[i];
            }
            assertEquals(expected.path("expected_score").asDouble(), score, 1e-3);
            assertEquals(expected.path("mass_outside").asDouble(), Math.exp(found.logOther()), 1e-3);
        }
    }
}
