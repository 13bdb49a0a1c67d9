package io.humpback.onnx.llama;

import io.humpback.onnx.graph.Dim;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.Loop;
import io.humpback.onnx.graph.Loop.Carried;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Value;
import io.humpback.onnx.run.LoopDecoder;
import java.util.List;

/**
 * The filters and the draw of the sampler in a graph, over a batch: top-k, then the nucleus, then min-p, then a draw among
 * what is left in falling order of probability.
 *
 * <p>No step sorts the vocabulary, nor sums up along it: the {@value LoopDecoder#CANDIDATES} likeliest tokens are found in parts of the
 * vocabulary and then among those, and the mass of all is a plain sum. That settles the draw wherever the nucleus, or top-k, or
 * what min-p leaves ends among the candidates, or, where nothing is filtered, the draw falls on one of them. Where it does not
 * for some row, the step sorts the whole vocabulary after all, in a loop of one turn at most, so that the draw is always that of
 * the definition. Operators are those that CUDA has without cuDNN.
 */
final class LoopSampling {

    /** Of the vocabulary, searched at the same time, at most. */
    private static final int PARTS = 16;

    private final Graph graph;
    private final long vocabulary;
    private final Value zero;
    private final Value one;
    private final Value noise;
    private final Value limits;
    private final Value ends;
    private final Value topK;
    private final Value candidates;
    private final Value temperature;
    private final Value topP;
    private final Value minP;
    /** BOOL [1]: whether top-k leaves no more than the candidates. */
    private final Value fewAreLeft;
    /** BOOL scalar: whether neither the nucleus nor min-p leaves anything out. */
    private final Value unfiltered;

    /** A token a row, INT64 [B], and the largest logit, FLOAT [B], not finite where one of the row's is NaN. */
    record Choice(Value token, Value best) {}

    /**
     * Adds the inputs of {@link LoopGraph} that say how to sample.
     *
     * @param sequences name of their number
     */
    LoopSampling(Graph graph, long vocabulary, String sequences) {
        this.graph = graph;
        this.vocabulary = vocabulary;
        zero = graph.constant(0);
        one = graph.constant(1);
        noise = graph.input("noise", ElementType.FLOAT, Shape.of("N", sequences));
        limits = graph.input("limits", ElementType.INT64, Shape.of(sequences));
        ends = graph.input("ends", ElementType.INT64, Shape.of("E"));
        topK = graph.input("top_k", ElementType.INT64, Shape.of(1));
        candidates = graph.input("candidates", ElementType.INT64, Shape.of(1));
        temperature = graph.input("temperature", ElementType.FLOAT, Shape.of());
        topP = graph.input("top_p", ElementType.FLOAT, Shape.of());
        minP = graph.input("min_p", ElementType.FLOAT, Shape.of());
        fewAreLeft = topK.lessOrEqual(candidates);
        Value both = one.lessOrEqual(topP)
                .where(one, zero)
                .times(minP.lessOrEqual(zero).where(one, zero));
        unfiltered = zero.less(both);
    }

    /** {@return how many tokens a row may write, INT64 [1]} */
    Value steps() {
        return noise.size(0);
    }

    /** {@return what the draws of all sequences are made from for the token of a number, INT64 scalar} */
    Value noise(Value step) {
        return noise.gather(step);
    }

    /** {@return the same for some sequences, each with its own number, both INT64 [B]; that of the last one for larger numbers} */
    Value noise(Value steps, Value sequences) {
        Value last = steps().minus(graph.integers(1));
        Value bounded = steps.lessOrEqual(last).where(steps, last);
        return noise.reshape(noise.shape().get(0) + "*" + noise.shape().get(1))
                .gather(bounded.times(noise.size(1)).plus(sequences));
    }

    /** {@return how many tokens each sequence may write, INT64} */
    Value limits() {
        return limits;
    }

    /** {@return what logits FLOAT [B, V] choose with noise [B]} */
    Choice choose(Value logits, Value noise) {
        Dim rows = logits.shape().get(0);
        Value uniform = noise.reshape(rows, 1);
        List<Value> found = likeliest(logits);
        Value most = found.get(0).slice(1, 0, 1); // [B, 1]
        Value weights = weights(found.get(0), most); // [B, K]
        Value held = weights.sumKeepDims(-1);
        Value all = weights(logits, most).sumKeepDims(-1);
        Value mass = fewAreLeft.where(held, all); // [B, 1], of what top-k leaves
        Value reach = mass.times(topP);
        Value left = left(weights, weights.cumsum(true), reach); // [B, K]
        Value draw = uniform.times(unfiltered.where(mass, left.sumKeepDims(-1)));
        Value token = drawn(left, left.cumsum(false), draw, found.get(1));
        Value settled = fewAreLeft
                .where(one, zero)
                .plus(reach.lessOrEqual(held).where(one, zero))
                .plus(count(weights.less(minP)))
                .plus(unfiltered.where(draw.less(held).where(one, zero), zero)); // [B, 1]
        Value open = any(settled.lessOrEqual(zero).where(one, zero));
        Value exact = Loop.of(
                        graph.integers(1).reshape(),
                        open,
                        List.of(new Carried(token, Shape.of(rows))),
                        Dim.named("sorted"),
                        (turn, held_) -> new Loop.Iteration(
                                turn.less(turn), List.of(sorted(logits, most, uniform, turn)), List.of()))
                .get(0);
        return new Choice(exact, most.plus(all.times(0)).reshape(rows));
    }

    /** The draw by the whole vocabulary in order: the same, at the price of a sort. */
    private Value sorted(Value logits, Value most, Value uniform, Value turn) {
        Value within =
                logits.plus(turn.cast(ElementType.FLOAT)); // 0: what depends on no turn is computed before the loop
        List<Value> sorted = within.topK(graph.integers(vocabulary), Dim.of(vocabulary));
        Value places = graph.range(graph.integers(vocabulary), Dim.of(vocabulary));
        Value weights = places.less(topK).where(weights(sorted.get(0), most), zero); // [B, V]
        Value reach = weights.sumKeepDims(-1).times(topP);
        Value left = left(weights, cumulated(weights, true), reach);
        Value draw = uniform.times(left.sumKeepDims(-1));
        return drawn(left, cumulated(left, false), draw, sorted.get(1));
    }

    /** Probabilities relative to the largest one. */
    private Value weights(Value logits, Value most) {
        return logits.minus(most).dividedBy(temperature).exp();
    }

    /** Weights that the nucleus and min-p leave, else 0. */
    private Value left(Value weights, Value before, Value reach) {
        Value nucleus = before.less(reach).where(weights, zero);
        return minP.lessOrEqual(nucleus).where(nucleus, zero);
    }

    /** The id INT64 [B] where the cumulated weights pass a draw; rounding may carry that past the last one that is left. */
    private Value drawn(Value left, Value cumulated, Value draw, Value ids) {
        Value passed = count(cumulated.lessOrEqual(draw));
        Value latest = count(zero.less(left)).minus(one);
        Value place = passed.lessOrEqual(latest).where(passed, latest).cast(ElementType.INT64); // [B, 1]
        return ids.gatherElements(place).reshape(place.shape().get(0));
    }

    /** {@return the candidates' logits [B, K] in falling order, equal ones by id, and their ids} */
    private List<Value> likeliest(Value logits) {
        Dim size = Dim.named("K");
        Dim rows = logits.shape().get(0);
        int parts = PARTS;
        while (parts > 1 && (vocabulary % parts != 0 || vocabulary / parts < 2 * LoopDecoder.CANDIDATES)) {
            parts--;
        }
        if (parts == 1) {
            return logits.topK(candidates, size);
        }
        long length = vocabulary / parts;
        long[] starts = new long[parts];
        for (int i = 0; i < parts; i++) {
            starts[i] = i * length;
        }
        List<Value> byPart = logits.reshape(rows, parts, length).topK(candidates, size); // [B, parts, K]
        String together = parts + "*" + size;
        Value ids = byPart.get(1).plus(graph.integers(starts).reshape(parts, 1)).reshape(rows, together);
        List<Value> best = byPart.get(0).reshape(rows, together).topK(candidates, size);
        return List.of(best.get(0), ids.gatherElements(best.get(1)));
    }

    /** Sums [B, V] up to each element: CUDA's time for a cumulated sum grows with the square of its length. */
    private Value cumulated(Value x, boolean exclusive) {
        long parts = (long) Math.sqrt(vocabulary);
        while (vocabulary % parts != 0) {
            parts--;
        }
        Dim rows = x.shape().get(0);
        Value inParts = x.reshape(rows, parts, vocabulary / parts);
        Value before = inParts.sum(-1).cumsum(true).reshape(rows, parts, 1);
        return inParts.cumsum(exclusive).plus(before).reshape(rows, vocabulary);
    }

    private Value count(Value holds) { // [B, n] to [B, 1]
        return holds.where(one, zero).sumKeepDims(-1);
    }

    /** {@return whether some number of rows [B] or [B, 1], none below 0, is above 0, BOOL scalar} */
    Value any(Value rows) {
        return zero.less(rows.sumKeepDims(0)).reshape();
    }

    /** {@return 1 for each sequence that continues after its written tokens, INT64 [B] or scalar, up to a limit, else 0, [B]} */
    Value alive(Value before, Value token, Value written, Value limits) {
        Dim rows = token.shape().get(0);
        Value ended = count(token.reshape(rows, 1).equal(ends)).reshape(rows);
        return written.less(limits).where(before.times(one.minus(ended)), zero);
    }
}
