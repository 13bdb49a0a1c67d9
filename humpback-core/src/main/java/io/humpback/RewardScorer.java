package io.humpback;

import io.humpback.data.Example;
import io.humpback.model.Continuation;
import io.humpback.model.Listener;
import io.humpback.model.ModelException;
import io.humpback.model.RewardModel;
import io.humpback.prompt.ModelStream;
import io.humpback.quality.Drop;
import io.humpback.quality.PairChecks;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Rates responses by a reward model: one prefill a pair, no rubric. The scores are on no scale that a threshold could be
 * known for beforehand: keep a top share or a budget, or find a threshold on labels
 * ({@link io.humpback.quality.Detection}).
 *
 * <p>The instruction is a user turn in the model's chat template and the response the assistant's; neither can become a
 * control token. One pair, a list or a stream is the same computation and gives the same numbers. Pairs that a
 * {@link Scorer} would not show its judge have no score here either, for the same reasons. Immutable and safe for use
 * from many threads.
 */
public final class RewardScorer implements Judge {

    private final RewardModel model;
    private final String system;

    private RewardScorer(RewardModel model, String system) {
        this.model = Objects.requireNonNull(model, "model");
        this.system = Objects.requireNonNull(system, "system");
    }

    /**
     * {@return a scorer by the rewards of a model}
     *
     * @param model the judge
     */
    public static RewardScorer using(RewardModel model) {
        return new RewardScorer(model, "");
    }

    /**
     * {@return a copy with a system turn before the instruction}
     *
     * @param text as the model was trained with; empty for none
     */
    public RewardScorer system(String text) {
        return new RewardScorer(model, text);
    }

    /**
     * {@return this, reporting to a listener}
     *
     * @param listener is notified after every batch of the model
     */
    public RewardScorer listener(Listener listener) {
        return new RewardScorer(model.listening(listener), system);
    }

    @Override
    public <T> Stream<Scored<T>> score(Stream<T> items, Function<? super T, Example> pair) {
        return ModelStream.<Reading<T>, Continuation, Double>through(
                        items.map(item -> ask(item, pair.apply(item))), model::reward, Reading::of)
                .map(Reading::end);
    }

    private <T> ModelStream.Ask<Reading<T>, Continuation> ask(T item, Example pair) {
        Drop drop = PairChecks.check(pair.instruction(), pair.response()).orElse(null);
        Continuation turn = null;
        if (drop == null) {
            turn = Direction.FORWARD.of(pair, system);
            drop = ModelStream.tooLong(model.countTokens(turn), model.contextLength());
        }
        return new ModelStream.Ask<>(new Reading<>(item, drop, Double.NaN), drop == null ? turn : null);
    }

    /** What is known of an item on its way. */
    private record Reading<T>(T item, @Nullable Drop drop, double reward) {

        Reading<T> of(Double reward) {
            if (!Double.isFinite(reward)) {
                throw new ModelException("reward of a response: found " + reward + ", expected a finite number");
            }
            return new Reading<>(item, null, reward);
        }

        Scored<T> end() {
            return drop == null ? new Scored<>(item, Score.of(reward, Map.of()), null) : new Scored<>(item, null, drop);
        }
    }
}
