package io.humpback.langchain4j;

import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.model.decision.DecisionModel;
import dev.langchain4j.model.decision.listener.DecisionModelListener;
import dev.langchain4j.model.decision.request.DecisionRequest;
import dev.langchain4j.model.decision.request.DecisionRequestParameters;
import dev.langchain4j.model.decision.response.DecisionAnswer;
import dev.langchain4j.model.decision.response.DecisionResponse;
import dev.langchain4j.model.output.TokenUsage;
import io.humpback.UnscorableException;
import io.humpback.model.LanguageModel;
import io.humpback.question.Answer;
import io.humpback.question.Questions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A decision model of LangChain4j that asks a model inside the JVM and reads the probabilities of its answers off, as
 * {@link Questions} does. All questions of a request share one reading of its input.
 *
 * <pre>{@code
 * DecisionModel decisions = HumpbackDecisionModel.using(model);
 * DecisionResponse response = decisions.decide(DecisionRequest.builder()
 *         .input("My invoice is wrong again, and nobody answers.")
 *         .question("angry", YesNoQuestion.from("Is the writer angry?"))
 *         .question("team", ChoiceQuestion.from("Who should answer?", List.of("sales", "billing", "support")))
 *         .build());
 * double angry = response.yesNo("angry").probability();
 * String team = response.choice("team").value();
 * }</pre>
 *
 * <p>Inputs are texts, fields, messages and contents. Each field, and each message, is a text of its own that nothing in it can
 * leave; what a message's author thought is no part of it. Images, audio, video and PDF files are refused by an
 * {@link dev.langchain4j.exception.UnsupportedFeatureException}, what cannot be asked (too long, no text, two options that are
 * the same to the model) by an {@link InvalidRequestException}.
 *
 * <p>Probabilities are those of the options among themselves. The confidence of a choice and of a scale is the probability that
 * the model gave to the options at all, {@code 1 - }{@link Answer#outside()}. Tokens of the input are counted for each question.
 *
 * <p>Immutable and safe for use from many threads; the model remains the caller's, who closes it.
 */
@SuppressWarnings("exports") // its users have the module that its types are of
public final class HumpbackDecisionModel implements DecisionModel {

    private final LanguageModel model;
    private final String name;
    private final List<DecisionModelListener> listeners;
    private final Executor executor;

    private HumpbackDecisionModel(
            LanguageModel model, String name, List<DecisionModelListener> listeners, Executor executor) {
        this.model = model;
        this.name = name;
        this.listeners = listeners;
        this.executor = executor;
    }

    /**
     * {@return a decision model}
     *
     * @param model answers the questions; its fingerprint is the name that responses bear
     */
    public static HumpbackDecisionModel using(LanguageModel model) {
        Objects.requireNonNull(model, "model");
        return new HumpbackDecisionModel(model, model.fingerprint(), List.of(), ForkJoinPool.commonPool());
    }

    /**
     * {@return a copy with another name}
     *
     * @param value the name in responses; requests to a model of another name are refused
     */
    public HumpbackDecisionModel named(String value) {
        return new HumpbackDecisionModel(model, Objects.requireNonNull(value, "name"), listeners, executor);
    }

    /** {@return a copy that one more listener hears} */
    public HumpbackDecisionModel listener(DecisionModelListener value) {
        List<DecisionModelListener> all = new ArrayList<>(listeners);
        all.add(Objects.requireNonNull(value, "listener"));
        return new HumpbackDecisionModel(model, name, List.copyOf(all), executor);
    }

    /**
     * {@return a copy that runs asynchronous requests elsewhere}
     *
     * @param value the common pool by default; a model computes for one request at a time, whoever asks
     */
    public HumpbackDecisionModel executor(Executor value) {
        return new HumpbackDecisionModel(model, name, listeners, Objects.requireNonNull(value, "executor"));
    }

    @Override
    public DecisionRequestParameters defaultRequestParameters() {
        return DecisionRequestParameters.builder().modelName(name).build();
    }

    @Override
    public List<DecisionModelListener> listeners() {
        return listeners;
    }

    @Override
    public DecisionResponse doDecide(DecisionRequest request) {
        String wanted = request.modelName();
        if (wanted != null && !wanted.equals(name)) {
            throw new ModelNotFoundException("model " + wanted + ": expected " + name);
        }
        try {
            return answer(request);
        } catch (IllegalArgumentException | UnscorableException e) {
            throw new InvalidRequestException(e.getMessage(), e);
        }
    }

    private DecisionResponse answer(DecisionRequest request) {
        List<Asked> asked = new ArrayList<>();
        request.questions().forEach((key, question) -> asked.add(Asked.of(key, question)));
        AtomicLong tokens = new AtomicLong();
        LanguageModel counted = model.listening(progress -> tokens.set(progress.promptTokens()));
        List<Answer> answers = Questions.using(
                        counted, asked.stream().map(Asked::question).toList())
                .about(Texts.of(request.input()));
        Map<String, DecisionAnswer> given = new LinkedHashMap<>();
        for (int i = 0; i < answers.size(); i++) {
            given.put(asked.get(i).question().name(), asked.get(i).answer().apply(answers.get(i)));
        }
        return DecisionResponse.builder()
                .answers(given)
                .modelName(name)
                .tokenUsage(new TokenUsage(Math.toIntExact(tokens.get()), 0))
                .build();
    }

    @Override
    public CompletableFuture<DecisionResponse> doDecideAsync(DecisionRequest request) {
        return Background.start(() -> doDecide(request), executor);
    }
}
