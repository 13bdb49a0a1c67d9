package io.humpback;

import io.humpback.data.Example;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Says how good pairs are: a number each, by which they are ranked and kept. Another kind of judge is another class with
 * the one method {@link #score(Stream, Function)}; one pair, a list or a stream is the same computation and gives the
 * same numbers. Implementations are immutable and safe for use from many threads.
 */
public interface Judge {

    /**
     * {@return the items in their order, each with its score or why it has none} Lazy; closing it closes the source.
     *
     * @param items any number of rows, candidates, ...
     * @param pair the pair in an item
     * @param <T> an item
     */
    <T> Stream<Scored<T>> score(Stream<T> items, Function<? super T, Example> pair);

    /** {@return the least score it can give; negative infinity where nothing bounds it} */
    default double least() {
        return Double.NEGATIVE_INFINITY;
    }

    /** {@return the greatest score it can give; infinity where nothing bounds it} */
    default double most() {
        return Double.POSITIVE_INFINITY;
    }

    /** {@return the pairs in their order, each with its score or why it has none} Lazy; closing it closes the source. */
    default Stream<Scored<Example>> score(Stream<Example> pairs) {
        return score(pairs, Function.identity());
    }

    /** {@return the pairs in their order, each with its score or why it has none} */
    default List<Scored<Example>> score(List<Example> pairs) {
        try (Stream<Scored<Example>> scored = score(pairs.stream())) {
            return scored.toList();
        }
    }

    /**
     * {@return the score of one pair}
     *
     * @throws UnscorableException if the pair cannot be shown to the judge
     */
    default Score score(String instruction, String response) {
        Scored<Example> scored =
                score(List.of(new Example(instruction, response))).get(0);
        if (scored.score() == null) {
            throw new UnscorableException(Objects.requireNonNull(scored.drop()));
        }
        return scored.score();
    }
}
