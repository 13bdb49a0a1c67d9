package io.humpback.onnx;

import io.humpback.model.Choice;
import io.humpback.model.ModelException;
import io.humpback.onnx.OptionTree.Branch;
import io.humpback.onnx.run.Decoder;
import io.humpback.onnx.run.Decoder.Chosen;
import io.humpback.onnx.run.TokenChoice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

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
            List<Chosen> chosen = decoder.choose(
                    some.stream().map(place -> choice(place.branch, ends)).toList());
            for (int i = 0; i < some.size(); i++) {
                some.get(i).reading.add(some.get(i).branch, chosen.get(i));
            }
        }
        return readings;
    }

    /** {@return the tokens of a branch's options in their order, all the ends where an option has to end} */
    private static TokenChoice choice(Branch branch, List<Integer> ends) {
        return new TokenChoice(
                branch.before(),
                Arrays.stream(branch.tokens())
                        .flatMap(token -> token == OptionTree.END ? ends(ends) : IntStream.of(token))
                        .toArray());
    }

    private static IntStream ends(List<Integer> ends) {
        if (ends.isEmpty()) {
            throw new ModelException(
                    "options: one begins another, and the model has no token that ends what it writes");
        }
        return ends.stream().mapToInt(Integer::intValue);
    }

    private void add(Branch branch, Chosen chosen) {
        int others = chosen.logs().length - branch.options().length; // ends beyond the first one
        int at = 0;
        for (int i = 0; i < branch.options().length; i++) {
            int next = at + 1 + (branch.tokens()[i] == OptionTree.END ? others : 0);
            logs[branch.options()[i]] += logOfSum(Arrays.copyOfRange(chosen.logs(), at, next));
            at = next;
        }
        tokens += branch.before().length;
        shared += chosen.shared();
    }

    private static double logOfSum(double[] logs) {
        double max = Arrays.stream(logs).max().orElseThrow();
        return max
                + Math.log(Arrays.stream(logs).map(log -> Math.exp(log - max)).sum());
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
