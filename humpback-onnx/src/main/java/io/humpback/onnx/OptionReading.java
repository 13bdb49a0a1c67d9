package io.humpback.onnx;

import io.humpback.model.Choice;
import io.humpback.model.ModelException;
import io.humpback.onnx.OptionTree.Branch;
import io.humpback.onnx.OptionTree.Tail;
import io.humpback.onnx.run.Decoder;
import io.humpback.onnx.run.Decoder.Computed;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** What a model says of the options of one tree: adds up the logarithms of their tokens' probabilities. */
final class OptionReading {

    private final double[] logs;
    private int tokens;
    private int shared;

    private OptionReading(int options) {
        logs = new double[options];
    }

    /** What is read of a tree, and where it goes. */
    private record Part<P>(OptionReading reading, P part) {}

    /**
     * {@return what a model says of some trees} Branches come one after the other with those of the same tree, so that
     * caches hold their beginnings.
     *
     * @param ends ids that end what the model writes
     * @throws ModelException if an option has to end and there is no such id
     */
    static List<OptionReading> of(List<OptionTree> trees, Decoder decoder, List<Integer> ends) {
        List<OptionReading> readings = new ArrayList<>();
        List<Part<Branch>> branches = new ArrayList<>();
        List<Part<Tail>> tails = new ArrayList<>();
        for (OptionTree tree : trees) {
            OptionReading reading = new OptionReading(tree.size());
            tree.branches().forEach(branch -> branches.add(new Part<>(reading, branch)));
            tree.tails().forEach(tail -> tails.add(new Part<>(reading, tail)));
            readings.add(reading);
        }
        int most = decoder.preferredBatch();
        read(
                branches,
                most,
                parts -> decoder.next(
                        parts.stream().map(part -> part.part.before()).toList()),
                (part, computed) -> part.reading.add(part.part, computed, ends));
        read(
                tails,
                most,
                parts -> decoder.logProbabilities(
                        parts.stream().map(part -> part.part.tokens()).toList()),
                (part, computed) -> part.reading.add(part.part, computed));
        return readings;
    }

    /** Reads a few parts at a time, as the logits of one are as many as the vocabulary. */
    private static <P> void read(
            List<P> parts, int most, Function<List<P>, List<Computed>> computation, BiConsumer<P, Computed> result) {
        for (int at = 0; at < parts.size(); at += most) {
            List<P> some = parts.subList(at, Math.min(at + most, parts.size()));
            List<Computed> computed = computation.apply(some);
            for (int i = 0; i < some.size(); i++) {
                result.accept(some.get(i), computed.get(i));
            }
        }
    }

    private void add(Branch branch, Computed computed, List<Integer> ends) {
        float[] logits = computed.values();
        double all = logSumExp(logits);
        for (int i = 0; i < branch.options().length; i++) {
            int token = branch.tokens()[i];
            logs[branch.options()[i]] += token == OptionTree.END ? end(logits, ends) - all : logits[token] - all;
        }
        tokens += branch.before().length;
        shared += computed.shared();
    }

    private void add(Tail tail, Computed computed) {
        for (float log : computed.values()) {
            logs[tail.option()] += log;
        }
        tokens += tail.tokens().length() - 1;
        shared += computed.shared();
    }

    private static double end(float[] logits, List<Integer> ends) {
        if (ends.isEmpty()) {
            throw new ModelException(
                    "options: one begins another, and the model has no token that ends what it writes");
        }
        float[] end = new float[ends.size()];
        for (int i = 0; i < end.length; i++) {
            end[i] = logits[ends.get(i)];
        }
        return logSumExp(end);
    }

    private static double logSumExp(float[] logits) {
        float max = Float.NEGATIVE_INFINITY;
        for (float logit : logits) {
            max = Math.max(max, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - max);
        }
        return max + Math.log(sum);
    }

    /** {@return tokens that were given to the model} */
    int tokens() {
        return tokens;
    }

    /** {@return those of them that were not computed again} */
    int shared() {
        return shared;
    }

    /** {@return the probabilities of the options and of everything else} */
    Choice choice(int promptTokens) {
        double chosen = Arrays.stream(logs).map(Math::exp).sum();
        return new Choice(logs, Math.log(Math.max(0, 1 - chosen)), promptTokens);
    }
}
