package io.humpback;

import io.humpback.data.Example;
import io.humpback.model.Continuation;
import io.humpback.model.LanguageModel;
import io.humpback.model.Likelihood;
import io.humpback.model.Listener;
import io.humpback.model.ModelException;
import io.humpback.model.Prompt;
import io.humpback.prompt.ModelStream;
import io.humpback.quality.Drop;
import io.humpback.quality.PairChecks;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Rates responses by how probable a model finds them, without a rubric: one prefill a pair, or two. The scores are
 * logarithms, on no scale that a threshold could be known for beforehand: keep a top share or a budget, or find a threshold
 * on labels ({@link io.humpback.quality.Detection}).
 *
 * <p>The instruction is a user turn in the model's chat template and the response the assistant's; neither can become a
 * control token. One pair, a list or a stream is the same computation and gives the same numbers. Pairs that a
 * {@link Scorer} would not show its judge have no score here either, for the same reasons. Immutable and safe for use
 * from many threads.
 */
public final class LikelihoodScorer implements Judge {

    /** The signal of every score: the mean log-probability of a token of the response after the instruction. */
    public static final String GIVEN = "logprob_given";

    /** The signal of a {@link #gain}: the same after an instruction without text. */
    public static final String ALONE = "logprob_alone";

    /**
     * The signal of a {@link #gain}: the instruction-following difficulty (Li et al. 2023, arXiv 2308.12032), the
     * perplexity of the response after the instruction divided by that without; from 1 on the instruction does not help.
     */
    public static final String IFD = "ifd";

    /** The signal of every score: the number of tokens of the response, at least 1. */
    public static final String TOKENS = "response_tokens";

    private final LanguageModel model;
    private final boolean gain;
    private final String system;

    private LikelihoodScorer(LanguageModel model, boolean gain, String system) {
        this.model = Objects.requireNonNull(model, "model");
        this.gain = gain;
        this.system = Objects.requireNonNull(system, "system");
    }

    /**
     * {@return a scorer by log P(response | instruction) per token}
     *
     * @param model whose probabilities count
     */
    public static LikelihoodScorer perToken(LanguageModel model) {
        return new LikelihoodScorer(model, false, "");
    }

    /**
     * {@return a scorer by log P(response | instruction) - log P(response) per token} What is fluent but does not answer
     * gains nothing. P(response) is read after an instruction without text, so that the template is the same in both.
     *
     * @param model whose probabilities count
     */
    public static LikelihoodScorer gain(LanguageModel model) {
        return new LikelihoodScorer(model, true, "");
    }

    /**
     * {@return this, reporting to a listener}
     *
     * @param listener is notified after every batch of the model
     */
    public LikelihoodScorer listener(Listener listener) {
        return new LikelihoodScorer(model.listening(listener), gain, system);
    }

    /**
     * {@return a copy with a system turn before the instruction}
     *
     * @param text as the model was trained with; empty for none
     */
    public LikelihoodScorer system(String text) {
        return new LikelihoodScorer(model, gain, text);
    }

    /** {@inheritDoc} 0 for log-probabilities; a gain has no bound. */
    @Override
    public double most() {
        return gain ? Double.POSITIVE_INFINITY : 0;
    }

    @Override
    public <T> Stream<Scored<T>> score(Stream<T> items, Function<? super T, Example> pair) {
        Stream<Reading<T>> readings = items.map(item -> begin(item, pair.apply(item)));
        readings = read(readings, Example::instruction, Reading::given);
        readings = gain ? read(readings, any -> "", Reading::alone) : readings;
        return readings.map(Reading::end);
    }

    private interface Answered<T> {
        Reading<T> with(Reading<T> reading, Likelihood likelihood);
    }

    private <T> Stream<Reading<T>> read(
            Stream<Reading<T>> readings, Function<Example, String> instruction, Answered<T> answered) {
        return ModelStream.<Reading<T>, Continuation, Likelihood>through(
                readings.map(reading -> new ModelStream.Ask<>(
                        reading,
                        reading.drop == null
                                ? Continuation.of(prompt(instruction.apply(reading.pair)), reading.pair.response())
                                : null)),
                model::logLikelihood,
                answered::with);
    }

    private Prompt.Chat prompt(String instruction) {
        return Direction.FORWARD.prompt(instruction, system);
    }

    private <T> Reading<T> begin(T item, Example pair) {
        Drop drop = PairChecks.check(pair.instruction(), pair.response())
                .orElseGet(() ->
                        ModelStream.tooLong(model, prompt(pair.instruction()).replyingWith(pair.response()), 0));
        return new Reading<>(item, pair, drop, null, Double.NaN);
    }

    /** What is known of an item on its way. */
    private record Reading<T>(
            T item,
            Example pair,
            @Nullable Drop drop,
            @Nullable Likelihood given,
            double alone) {

        Reading<T> given(Likelihood likelihood) {
            return new Reading<>(item, pair, null, finite(likelihood), alone);
        }

        Reading<T> alone(Likelihood likelihood) {
            return new Reading<>(item, pair, null, given, finite(likelihood).mean());
        }

        private static Likelihood finite(Likelihood likelihood) {
            if (!Double.isFinite(likelihood.mean())) {
                throw new ModelException(
                        "likelihood of a response: found " + likelihood.mean() + " a token, expected a finite number");
            }
            return likelihood;
        }

        Scored<T> end() {
            return given == null ? new Scored<>(item, null, drop) : new Scored<>(item, score(given), null);
        }

        private Score score(Likelihood given) {
            Map<String, Number> signals = new LinkedHashMap<>();
            signals.put(GIVEN, given.mean());
            double value = given.mean();
            if (!Double.isNaN(alone)) {
                value -= alone;
                signals.put(ALONE, alone);
                signals.put(IFD, Math.exp(-value));
            }
            signals.put(TOKENS, given.tokens().length);
            return Score.of(value, signals);
        }
    }
}
