package io.humpback.testing;

import io.humpback.Judge;
import io.humpback.Rubric;
import io.humpback.Score;
import io.humpback.Scored;
import io.humpback.data.Example;
import io.humpback.quality.Drop;
import io.humpback.quality.PairChecks;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * A judge without a model that gives the ratings it is told to, for tests of code that takes a {@link Judge}. It turns away
 * the pairs that a {@link io.humpback.Scorer} turns away unseen, streams as that does, and is safe for use from many threads
 * if its function is.
 *
 * <pre>{@code
 * Judge judge = FakeJudge.rating(pair -> pair.response().length() > 100 ? 4.5 : 2);
 * }</pre>
 */
public final class FakeJudge implements Judge {

    private final ToDoubleFunction<? super Example> rating;

    private FakeJudge(ToDoubleFunction<? super Example> rating) {
        this.rating = rating;
    }

    /**
     * {@return a judge whose probability lies on the two ratings next to the expected one}
     *
     * @param rating the expected rating of a pair, in [1, 5]; another number is refused when the pair is judged
     */
    public static FakeJudge rating(ToDoubleFunction<? super Example> rating) {
        return new FakeJudge(Objects.requireNonNull(rating, "rating"));
    }

    /** {@inheritDoc} 1, the worst rating. */
    @Override
    public double least() {
        return 1;
    }

    /** {@inheritDoc} 5, the best rating. */
    @Override
    public double most() {
        return Rubric.RATINGS.size();
    }

    @Override
    public <T> Stream<Scored<T>> score(Stream<T> items, Function<? super T, Example> pair) {
        return items.map(item -> {
            Example example = pair.apply(item);
            Drop drop =
                    PairChecks.check(example.instruction(), example.response()).orElse(null);
            return drop == null ? new Scored<>(item, score(example), null) : new Scored<>(item, null, drop);
        });
    }

    private Score score(Example pair) {
        return Score.ofRatings(
                Arrays.stream(around(rating.applyAsDouble(pair))).boxed().toList(), 0, 0, List.of());
    }

    /** {@return the probabilities of the ratings: those next to the expected one share all} */
    static double[] around(double expected) {
        int most = Rubric.RATINGS.size();
        if (!(expected >= 1 && expected <= most)) {
            throw new IllegalArgumentException("rating = " + expected + ": expected 1 to " + most);
        }
        int below = Math.min((int) expected, most - 1);
        double[] probabilities = new double[most];
        probabilities[below - 1] = below + 1 - expected;
        probabilities[below] = expected - below;
        return probabilities;
    }
}
