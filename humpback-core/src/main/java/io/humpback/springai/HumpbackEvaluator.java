package io.humpback.springai;

import static io.humpback.internal.Arguments.require;

import io.humpback.Judge;
import io.humpback.Score;
import io.humpback.UnscorableException;
import io.humpback.model.LanguageModel;
import io.humpback.quality.Drop;
import io.humpback.question.Answer;
import io.humpback.question.Question;
import io.humpback.question.Question.OneOf;
import io.humpback.question.Question.Subject;
import io.humpback.question.Question.YesNo;
import io.humpback.question.Questions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.springframework.ai.evaluation.EvaluationRequest;
import org.springframework.ai.evaluation.EvaluationResponse;
import org.springframework.ai.evaluation.Evaluator;

/**
 * An evaluator of Spring AI: a {@link Judge}, or a question, says how good a response is, and a threshold whether it passes.
 *
 * <pre>{@code
 * Evaluator evaluator = HumpbackEvaluator.using(Scorer.using(model), 3.5);
 * EvaluationResponse evaluation = evaluator.evaluate(new EvaluationRequest(userText, responseContent));
 * assertTrue(evaluation.isPass(), evaluation.getFeedback());
 * }</pre>
 *
 * <p>The score is in the judge's own unit, such as 1 to 5: Spring AI says nothing of a range. The feedback is one line with the
 * score and the probabilities; the metadata holds {@code value}, {@code distribution} (the probability of each rating or
 * option, by its name), {@code outside} (the probability of anything else), {@code spread} where there is a scale, and
 * {@code signals} where a judge gives them. A response that cannot be judged, such as an empty one, does not pass: its score
 * is NaN, its feedback and the metadatum {@code dropped} say why.
 *
 * <p>Immutable and safe for use from many threads.
 */
@SuppressWarnings("exports") // its users have the module that its types are of
public final class HumpbackEvaluator implements Evaluator {

    /** What evaluates, before it is known whether that passes. */
    @FunctionalInterface
    private interface Assessor {
        Assessment assess(EvaluationRequest request, String documents);
    }

    private record Assessment(double value, String feedback, Map<String, Object> metadata) {}

    private final Assessor assessor;
    private final double least;

    private HumpbackEvaluator(Assessor assessor, double least) {
        this.assessor = assessor;
        this.least = least;
    }

    /**
     * {@return an evaluator by a judge, which sees the user's text and the response, and no documents}
     *
     * @param judge gives the score
     * @param least the score that passes, in the judge's unit
     */
    public static HumpbackEvaluator using(Judge judge, double least) {
        Objects.requireNonNull(judge, "judge");
        return new HumpbackEvaluator(
                (request, documents) -> of(judge.score(request.getUserText(), request.getResponseContent())), least);
    }

    /**
     * {@return an evaluator by a question, which is asked about the request's documents as {@code context}, the user's text as
     * {@code instruction} and the {@code response}; what is empty is left out}
     *
     * @param model answers it
     * @param question of yes or no, whose probability of yes is the score, or a scale, whose expectation is
     * @param least the score that passes
     */
    public static HumpbackEvaluator asking(LanguageModel model, Question question, double least) {
        Objects.requireNonNull(question, "question");
        Questions questions = Questions.using(model, List.of(question));
        require(
                !(question instanceof OneOf),
                "question " + question.name(),
                question.getClass().getSimpleName(),
                "a question of yes or no or a scale");
        return new HumpbackEvaluator(
                (request, documents) ->
                        of(questions.about(subject(request, documents)).get(0)),
                least);
    }

    private static Subject subject(EvaluationRequest request, String documents) {
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put("context", documents);
        texts.put("instruction", request.getUserText());
        texts.put("response", request.getResponseContent());
        if (request.getResponseContent().isBlank()) {
            throw new UnscorableException(new Drop(Drop.Reason.EMPTY, "response: no text"));
        }
        texts.values().removeIf(String::isBlank);
        return new Subject(texts);
    }

    private static Assessment of(Score score) {
        Map<String, Object> metadata = new LinkedHashMap<>();
        metadata.put("value", score.value());
        if (score.distribution().isEmpty()) {
            metadata.put("signals", score.signals());
        } else {
            Map<String, Double> distribution = new LinkedHashMap<>();
            score.distribution().forEach(p -> distribution.put(Integer.toString(distribution.size() + 1), p));
            metadata.put("distribution", distribution);
            metadata.put("outside", score.outside());
            metadata.put("spread", score.spread());
        }
        return new Assessment(score.value(), score.toString(), metadata);
    }

    private static Assessment of(Answer answer) {
        double value = answer.question() instanceof YesNo ? answer.yes() : answer.expectation();
        Map<String, Double> distribution = new LinkedHashMap<>();
        answer.question().options().forEach(option -> distribution.put(option, answer.probability(option)));
        Map<String, Object> metadata = new LinkedHashMap<>();
        metadata.put("value", value);
        metadata.put("distribution", distribution);
        metadata.put("outside", answer.outside());
        if (answer.isNumber()) {
            metadata.put("spread", answer.spread());
        }
        return new Assessment(value, answer.toString(), metadata);
    }

    @Override
    public EvaluationResponse evaluate(EvaluationRequest request) {
        try {
            Assessment found = assessor.assess(request, doGetSupportingData(request));
            return new EvaluationResponse(
                    found.value() >= least, (float) found.value(), found.feedback(), found.metadata());
        } catch (UnscorableException e) {
            String reason = String.valueOf(e.getMessage());
            return new EvaluationResponse(false, Float.NaN, reason, Map.of("dropped", reason));
        }
    }
}
