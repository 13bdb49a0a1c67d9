package io.humpback.examples.bench;

import io.humpback.Scorer;
import io.humpback.internal.Folders;
import io.humpback.internal.TemporaryFiles;
import io.humpback.model.Completion;
import io.humpback.model.Continuation;
import io.humpback.model.LanguageModel;
import io.humpback.model.Likelihood;
import io.humpback.model.Prompt;
import io.humpback.model.Sampling;
import io.humpback.model.TrainingExample;
import io.humpback.model.TrainingPlan;
import io.humpback.onnx.Device;
import io.humpback.onnx.OnnxTrainer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a model computes of a few fixed texts on one device, to be compared with what it computes on another: ratings, the
 * logarithms of tokens' probabilities, greedy completions and draws, and the losses of a short training.
 *
 * @param ratings of pairs, each in [1, 5]
 * @param logs of the tokens of continuations
 * @param greedy ids of completions without a draw
 * @param drawn ids of completions with draws
 */
public record Agreement(double[] ratings, double[] logs, List<List<Integer>> greedy, List<List<Integer>> drawn) {

    private static final int TOKENS = 24;
    private static final int STEPS = 4;

    /** Questions with answers of unequal quality and length. */
    private static final List<List<String>> PAIRS = List.of(
            List.of("Why is the sky blue?", "Air scatters short waves of light more than long ones."),
            List.of("Why is the sky blue?", "It is painted."),
            List.of("Name three primary colours.", "Red, yellow and blue."),
            List.of("How do I boil an egg?", "Put it into boiling water for seven minutes, then into cold water."),
            List.of("How do I boil an egg?", "No."),
            List.of("What is the capital of France?", "Paris is the capital of France. It lies on the Seine."),
            List.of("Write a line about autumn.", "Leaves fall, and the light turns to gold."),
            List.of("Translate good morning into German.", "Guten Morgen"));

    /** {@return what a model computes} */
    public static Agreement of(LanguageModel model) {
        Scorer scorer = Scorer.using(model);
        double[] ratings = PAIRS.stream()
                .mapToDouble(pair -> scorer.score(pair.get(0), pair.get(1)).value())
                .toArray();
        try (Stream<Likelihood> likelihoods = model.logLikelihood(
                PAIRS.stream().map(pair -> Continuation.of(Prompt.text(pair.get(0)), " " + pair.get(1))))) {
            double[] logs = likelihoods
                    .flatMapToDouble(one -> java.util.Arrays.stream(one.tokens()))
                    .toArray();
            return new Agreement(
                    ratings,
                    logs,
                    written(model, Sampling.greedy()),
                    written(model, Sampling.nucleus(0.9).seed(1)));
        }
    }

    private static List<List<Integer>> written(LanguageModel model, Sampling sampling) {
        try (Stream<Completion> completions = model.complete(
                PAIRS.stream().map(pair -> Prompt.text(pair.get(0))),
                sampling.maxTokens(TOKENS).ignoreEnd(true))) {
            return completions.map(Completion::ids).toList();
        }
    }

    /** {@return the losses of the steps of a low-rank training on those texts} */
    public static double[] losses(Path checkpoint, Device device) throws IOException {
        List<TrainingExample> examples = new ArrayList<>();
        for (List<String> pair : PAIRS) {
            examples.add(
                    new TrainingExample(pair.get(0), Continuation.of(Prompt.text(pair.get(0)), " " + pair.get(1))));
        }
        TrainingPlan plan = TrainingPlan.lowRank().toBuilder()
                .batch(PAIRS.size())
                .steps(STEPS)
                .build();
        List<Double> losses = new ArrayList<>();
        Path folder = TemporaryFiles.newFolder("agreement");
        try {
            OnnxTrainer.of(checkpoint).device(device).train(examples, plan, folder, step -> losses.add(step.loss()));
        } finally {
            Folders.delete(folder);
        }
        return losses.stream().mapToDouble(loss -> loss).toArray();
    }

    /**
     * A measure of how much two devices differ: a row of a table.
     *
     * @param found at most {@code bar} is right
     */
    public record Row(String what, double found, double bar) {

        /** {@return whether the difference is as small as rounding explains} */
        public boolean isRight() {
            return found <= bar;
        }

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT, "%-44s %9.5f  at most %.3g%s", what, found, bar, isRight() ? "" : "  WRONG");
        }
    }

    /**
     * {@return how this differs from what another device computed}
     *
     * @param name of the comparison
     * @param rounded whether one of the two computes in bfloat16
     */
    public List<Row> against(Agreement other, String name, boolean rounded) {
        return List.of(
                new Row(
                        name + ": ratings, largest difference",
                        largest(ratings, other.ratings),
                        rounded ? 0.15 : 0.005),
                new Row(name + ": log-probabilities, mean difference", mean(logs, other.logs), rounded ? 0.1 : 0.002),
                new Row(
                        name + ": greedy texts that differ early",
                        differing(greedy, other.greedy),
                        rounded ? 0.5 : 0.13),
                new Row(
                        name + ": drawn texts that differ early",
                        differing(drawn, other.drawn),
                        rounded ? 0.75 : 0.26));
    }

    /** {@return how the losses of two trainings differ} */
    public static Row losses(String name, double[] found, double[] expected) {
        return new Row(name + ": losses of a training, largest difference", largest(found, expected), 0.05);
    }

    private static double largest(double[] a, double[] b) {
        return IntStream.range(0, a.length)
                .mapToDouble(i -> distance(a[i], b[i]))
                .max()
                .orElse(0);
    }

    private static double mean(double[] a, double[] b) {
        return IntStream.range(0, a.length)
                .mapToDouble(i -> distance(a[i], b[i]))
                .average()
                .orElse(0);
    }

    /** Infinite where one is no number. */
    private static double distance(double a, double b) {
        double distance = Math.abs(a - b);
        return Double.isNaN(distance) ? Double.POSITIVE_INFINITY : distance;
    }

    /** The share of texts that differ within their first third; later, one near tie has changed all that follows. */
    private static double differing(List<List<Integer>> a, List<List<Integer>> b) {
        int first = TOKENS / 3;
        return IntStream.range(0, a.size())
                        .filter(i -> !a.get(i).subList(0, first).equals(b.get(i).subList(0, first)))
                        .count()
                / (double) a.size();
    }
}
