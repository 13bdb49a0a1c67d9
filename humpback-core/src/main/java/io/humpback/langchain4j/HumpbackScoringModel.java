package io.humpback.langchain4j;

import static io.humpback.internal.Arguments.require;

import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.model.output.Response;
import dev.langchain4j.model.output.TokenUsage;
import dev.langchain4j.model.scoring.ScoringModel;
import dev.langchain4j.model.scoring.request.ScoringRequest;
import dev.langchain4j.model.scoring.response.ScoringResponse;
import io.humpback.Judge;
import io.humpback.Score;
import io.humpback.Scored;
import io.humpback.data.Example;
import io.humpback.model.LanguageModel;
import io.humpback.quality.Drop;
import io.humpback.question.Answer;
import io.humpback.question.Question;
import io.humpback.question.Question.Scale;
import io.humpback.question.Question.Subject;
import io.humpback.question.Question.YesNo;
import io.humpback.question.Questions;
import io.humpback.question.Questions.Answered;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A scoring model of LangChain4j, which orders segments of text by what they are worth to a query, inside the JVM.
 *
 * <pre>{@code
 * ScoringModel scoring = HumpbackScoringModel.asking(model, Question.yesNo("useful", "Does the text answer the query?"));
 * List<Double> useful = scoring.scoreAll(segments, "Why is the sky blue?").content(); // probabilities of yes
 * }</pre>
 *
 * <p>A query or a segment that cannot be shown to the model (too long, no text) is refused by its number, by an
 * {@link InvalidRequestException}. Immutable and safe for use from many threads.
 */
@SuppressWarnings("exports") // its users have the module that its types are of
public final class HumpbackScoringModel implements ScoringModel {

    /** Scores texts, one number each. */
    @FunctionalInterface
    private interface Scores {
        Response<List<Double>> of(String query, List<String> texts);
    }

    private final Scores scores;
    private final Executor executor;

    private HumpbackScoringModel(Scores scores, Executor executor) {
        this.scores = scores;
        this.executor = executor;
    }

    /**
     * {@return a scoring model of a judge, to which the query is an instruction and a segment a response}
     *
     * @param judge gives the scores, in its own unit
     */
    public static HumpbackScoringModel using(Judge judge) {
        Objects.requireNonNull(judge, "judge");
        return new HumpbackScoringModel((query, texts) -> judged(judge, query, texts), ForkJoinPool.commonPool());
    }

    /**
     * {@return a scoring model that asks a question about each segment}
     *
     * @param model answers it; it sees the {@code query} and then the {@code text}
     * @param question of yes or no, whose probability of yes is the score, or a scale, whose expectation is
     */
    public static HumpbackScoringModel asking(LanguageModel model, Question question) {
        Objects.requireNonNull(model, "model");
        Objects.requireNonNull(question, "question");
        require(
                question instanceof YesNo || question instanceof Scale,
                "question " + question.name(),
                question.getClass().getSimpleName(),
                "a question of yes or no or a scale");
        return new HumpbackScoringModel(
                (query, texts) -> answered(model, question, query, texts), ForkJoinPool.commonPool());
    }

    /**
     * {@return a copy that runs asynchronous requests elsewhere}
     *
     * @param value the common pool by default
     */
    public HumpbackScoringModel executor(Executor value) {
        return new HumpbackScoringModel(scores, Objects.requireNonNull(value, "executor"));
    }

    private static Response<List<Double>> judged(Judge judge, String query, List<String> texts) {
        List<Double> values = new ArrayList<>();
        for (Scored<Example> scored :
                judge.score(texts.stream().map(text -> new Example(query, text)).toList())) {
            Score score = present(values.size(), scored.score(), scored.drop());
            values.add(score.value());
        }
        return Response.from(values);
    }

    private static Response<List<Double>> answered(
            LanguageModel model, Question question, String query, List<String> texts) {
        AtomicLong tokens = new AtomicLong();
        LanguageModel counted = model.listening(progress -> tokens.set(progress.promptTokens()));
        List<Subject> subjects =
                texts.stream().map(text -> subject(query, text)).toList();
        List<Double> values = new ArrayList<>();
        for (Answered<Subject> answered :
                Questions.using(counted, List.of(question)).about(subjects)) {
            Answer answer = present(
                    values.size(),
                    answered.answers().isEmpty() ? null : answered.answers().get(0),
                    answered.drop());
            values.add(question instanceof YesNo ? answer.yes() : answer.expectation());
        }
        return Response.from(values, new TokenUsage(Math.toIntExact(tokens.get()), 0));
    }

    private static Subject subject(String query, String text) {
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put("query", query);
        texts.put("text", text);
        return new Subject(texts);
    }

    private static <T> T present(int segment, @Nullable T found, @Nullable Drop drop) {
        if (found == null) {
            throw new InvalidRequestException("segment " + segment + ": " + drop);
        }
        return found;
    }

    @Override
    public Response<List<Double>> scoreAll(List<TextSegment> segments, String query) {
        return scores.of(
                Objects.requireNonNull(query, "query"),
                segments.stream().map(TextSegment::text).toList());
    }

    @Override
    public CompletableFuture<ScoringResponse> doScoreAsync(ScoringRequest request) {
        if (request.modelName() != null) {
            return CompletableFuture.failedFuture(new ModelNotFoundException(
                    "model " + request.modelName() + ": expected no name, there is one model"));
        }
        return Background.start(
                () -> {
                    Response<List<Double>> response = scores.of(request.query(), request.documents());
                    return ScoringResponse.builder()
                            .scores(response.content())
                            .tokenUsage(response.tokenUsage())
                            .build();
                },
                executor);
    }
}
