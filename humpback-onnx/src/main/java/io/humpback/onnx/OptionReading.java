package io.humpback.onnx;

import io.humpback.model.Choice;
import io.humpback.model.ModelException;
import io.humpback.onnx.OptionTree.Branch;
import io.humpback.onnx.run.Decoder;
import io.humpback.onnx.run.Decoder.Computed;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What a model says of the options of one tree: adds up the logarithms of their tokens' probabilities. */
final class OptionReading {

    /** Branches read at a time, at least, as the logits after each are as many as the vocabulary. */
    private static final int AT_ONCE = 16;

    private final double[] logs;
    private int tokens;
    private int shared;

    private OptionReading(int options) {
        logs = new double[options];
    }

    /** Where what is read goes. */
    private record Place(OptionReading reading, Branch branch) {}

    /**
     * {@return what a model says of some trees}
     *
     * @param ends ids that end what the model writes
     * @throws ModelException if an option has to end and there is no such id
     */
    static List<OptionReading> of(List<OptionTree> trees, Decoder decoder, List<Integer> ends) {
        List<OptionReading> readings = new ArrayList<>();
        List<Place> places = new ArrayList<>();
        for (OptionTree tree : trees) {
            OptionReading reading = new OptionReading(tree.size());
            tree.branches().forEach(branch -> places.add(new Place(reading, branch)));
            readings.add(reading);
        }
        int most = Math.max(AT_ONCE, decoder.preferredBatch());
        for (int at = 0; at < places.size(); at += most) {
            List<Place> some = places.subList(at, Math.min(at + most, places.size()));
            List<Computed> computed = decoder.next(
                    some.stream().map(place -> place.branch.before()).toList());
            for (int i = 0; i < some.size(); i++) {
                some.get(i).reading.add(some.get(i).branch, computed.get(i), ends);
            }
        }
        return readings;
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
