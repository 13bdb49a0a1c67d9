package io.humpback.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.humpback.Rubric;
import io.humpback.Scorer;
import io.humpback.model.Listener.Progress;
import io.humpback.question.Answer;
import io.humpback.question.Comparer;
import io.humpback.question.Comparer.Comparison;
import io.humpback.question.Question;
import io.humpback.question.Question.Subject;
import io.humpback.question.Questions;
import io.humpback.question.Questions.Answered;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Questions and comparisons with SmolLM2 in 8 bits, whose numbers depend on how tokens are computed together most. */
class QuestionsTest {

    private static final List<Question> EIGHT = List.of(
            Question.yesNo("complete", "Does the response answer all that was asked?"),
            Question.yesNo("correct", "Is everything in the response correct?"),
            Question.yesNo("polite", "Is the response polite?"),
            Question.yesNo("advertising", "Does the response advertise something?"),
            Question.choice("kind", "What kind of text is the response?", "answer", "article", "advertisement"),
            Question.choice("reader", "Who is the response written for?", "children", "beginners", "experts"),
            Question.scale("useful", "How useful is the response?", 1, 5),
            Question.scale("clear", "How clear is the response?", 1, 10));

    private static OnnxModel model;
    private static List<Subject> pairs;
    private static List<Subject> unseen;

    @BeforeAll
    static void load() throws IOException {
        pairs = new ArrayList<>();
        for (String line : Files.readAllLines(Reference.file("data/human-ratings-roscoe-cosmos.jsonl"))) {
            JsonNode row = new ObjectMapper().readTree(line);
            pairs.add(Subject.of(
                    row.get("instruction").asText(), row.get("response").asText()));
        }
        unseen = pairs.subList(3, 6);
        pairs = pairs.subList(0, 3);
        model = OnnxModel.load(Reference.smolLm2(), LoadOptions.defaults().precision(Precision.INT8));
    }

    @AfterAll
    static void close() {
        if (model != null) {
            model.close();
        }
    }

    @Test
    void severalQuestionsGiveWhatEachGivesAlone() {
        List<Answered<Subject>> together = Questions.using(model, EIGHT).about(pairs);
        for (Question question : EIGHT) {
            List<Answered<Subject>> alone =
                    Questions.using(model, List.of(question)).about(pairs);
            for (int i = 0; i < pairs.size(); i++) {
                Answer one = alone.get(i).answers().get(0);
                Answer same = together.get(i).answer(question.name());
                assertEquals(one.outside(), same.outside(), 1e-3);
                for (String option : question.options()) {
                    assertEquals(one.probability(option), same.probability(option), 1e-3, question.name());
                }
            }
        }
    }

    /** What tokens cost is measured by {@code bench}; how many there are does not depend on the machine. */
    @Test
    void aFurtherQuestionComputesItsOwnTokensAlone() {
        AtomicReference<Progress> last = new AtomicReference<>();
        Questions.using(model, EIGHT).listener(last::set).about(unseen);
        long prompt = last.get().promptTokens() / last.get().items();
        long computed = (last.get().promptTokens() - last.get().sharedTokens()) / unseen.size();
        assertTrue(prompt > 200, () -> "prompts of " + prompt + " tokens");
        assertTrue(computed < prompt + 7 * 25, () -> computed + " tokens, prompts of " + prompt);
    }

    @Test
    void aRubricHasTheScorersNumbers() {
        Subject pair = pairs.get(0);
        Answer answer = Questions.using(model, List.of(EIGHT.get(0), Question.of(Rubric.standard())))
                .about(pair)
                .get(1);
        assertEquals(
                Scorer.using(model)
                        .score(pair.texts().get("instruction"), pair.texts().get("response"))
                        .value(),
                answer.expectation(),
                1e-6);
    }

    @Test
    void comparisonsTurnedAroundAddUpToOne() {
        Comparer comparer = Comparer.ofResponses(model);
        List<String> responses =
                pairs.stream().map(pair -> pair.texts().get("response")).toList();
        for (int i = 1; i < responses.size(); i++) {
            Comparison one = comparer.compare("What happened?", responses.get(0), responses.get(i));
            Comparison other = comparer.compare("What happened?", responses.get(i), responses.get(0));
            assertEquals(1, one.first() + other.first(), 1e-6);
            assertEquals(one.bias(), other.bias(), 1e-6);
        }
        assertEquals(3, comparer.rank("What happened?", responses).comparisons());
    }
}
