package io.humpback.examples.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.Attempt;
import io.humpback.Augmenter;
import io.humpback.Scored;
import io.humpback.Scorer;
import io.humpback.data.Example;
import io.humpback.data.Segment;
import io.humpback.data.file.JsonLines;
import io.humpback.internal.PeakMemory;
import io.humpback.model.Choice;
import io.humpback.model.Completion;
import io.humpback.model.Completion.Finish;
import io.humpback.model.LanguageModel;
import io.humpback.model.Prompt;
import io.humpback.model.Sampling;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Measures a model: each measure runs once to warm up and then several times. What is counted are tokens, pairs and
 * segments that were really worked on.
 *
 * @param filler token ids of the model to make prompts of, at least {@value #FILLER}
 * @param pairs to be rated, for {@link Measure#SCORE} and {@link Measure#SCORE_REASONED} at least one
 * @param segments to be augmented, for {@link Measure#AUGMENT} at least one
 * @param runs how often each measure is repeated, at least 1
 */
public record Bench(List<Integer> filler, List<Pair> pairs, List<Segment> segments, int runs) {

    /** Tokens that prompts are cut out of. */
    public static final int FILLER = 640;

    private static final int STEPS = 64;
    private static final List<String> LETTERS = List.of(" a", " b");
    private static final List<String> DIGITS = List.of("1", "2", "3", "4", "5");
    private static final Sampling REASONING = Sampling.greedy().maxTokens(200).stopStrings("Score:");

    /** One run: how many units were worked on, and for how long. */
    private record Run(double units, double seconds) {}

    /** Checks the numbers. */
    public Bench {
        if (filler.size() < FILLER) {
            throw new IllegalArgumentException("filler: " + filler.size() + " ids, expected at least " + FILLER);
        }
        if (runs < 1) {
            throw new IllegalArgumentException("runs = " + runs + ": expected at least 1");
        }
    }

    /**
     * {@return measures of a model} Prompts are cut out of the pairs' if these were tokenised for this model; else the
     * model writes some text for it, and pairs are laid out by the library.
     *
     * @param model any
     * @param pairs to be rated; may be none
     * @param segments to be augmented; may be none
     * @param runs how often each measure is repeated, at least 1
     */
    public static Bench of(LanguageModel model, List<Pair> pairs, List<Segment> segments, int runs) {
        boolean tokenised = !pairs.isEmpty()
                && pairs.stream().noneMatch(pair -> pair.ids().isEmpty())
                && model.countTokens(Prompt.text(pairs.get(0).prompt()))
                        == pairs.get(0).ids().size();
        List<Pair> own =
                tokenised ? pairs : pairs.stream().map(Pair::untokenised).toList();
        List<Integer> filler = own.stream().flatMap(pair -> pair.ids().stream()).toList();
        return new Bench(filler.size() < FILLER ? written(model) : filler, own, segments, runs);
    }

    private static List<Integer> written(LanguageModel model) {
        int rows = 16;
        Sampling sampling = Sampling.nucleus(1).maxTokens(FILLER / rows).ignoreEnd(true);
        Stream<Prompt> prompts =
                Stream.<Prompt>generate(() -> Prompt.text("The")).limit(rows);
        return write(model, prompts, sampling).stream()
                .flatMap(text -> text.ids().stream())
                .toList();
    }

    /**
     * {@return what a measure gives}
     *
     * @param model loaded as {@link Measure#sharesPrefixes()} says
     */
    public Figure measure(Measure measure, LanguageModel model) {
        ObjectNode notes = JsonLines.object();
        Supplier<Run> run =
                switch (measure) {
                    case PREFILL_512 -> () -> prefill(model, 1, 512);
                    case PREFILL_8X256 -> () -> prefill(model, 8, 256);
                    case DECODE_1 -> () -> decode(model, 1);
                    case DECODE_8 -> () -> decode(model, 8);
                    case DECODE_32 -> () -> decode(model, 32);
                    case SCORE -> laidOut(notes) ? () -> score(model, notes) : () -> score(Scorer.using(model));
                    case SCORE_REASONED ->
                        laidOut(notes)
                                ? () -> scoreReasoned(model, notes)
                                : () -> score(Scorer.using(model).reasoned(REASONING));
                    case AUGMENT -> () -> augment(model, notes);
                    default -> throw new IllegalArgumentException(measure.key() + ": expected no measure of training");
                };
        PeakMemory.reset();
        List<Double> rates = Stream.generate(run)
                .limit(1L + runs)
                .skip(1)
                .map(done -> done.units / done.seconds)
                .toList();
        return new Figure(measure, rates, peakMebibytes(), notes);
    }

    /** {@return the most memory that the process had resident since it was last {@linkplain PeakMemory#reset reset}} */
    static OptionalLong peakMebibytes() {
        OptionalLong peak = PeakMemory.bytes();
        return peak.isPresent() ? OptionalLong.of(peak.getAsLong() >> 20) : peak;
    }

    private static double seconds(Runnable work) {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) / 1e9;
    }

    /** Other stretches of the filler each, so that no prompt begins like another. */
    private List<Prompt> prompts(int count, int tokens) {
        return IntStream.rangeClosed(1, count)
                .map(i -> i * 977 % (filler.size() - tokens))
                .<Prompt>mapToObj(start -> Prompt.ids(filler.subList(start, start + tokens)))
                .toList();
    }

    private Run prefill(LanguageModel model, int count, int tokens) {
        List<Prompt> prompts = prompts(count, tokens);
        double seconds = seconds(() -> {
            try (Stream<Choice> choices = model.choose(prompts.stream(), LETTERS)) {
                choices.forEachOrdered(choice -> {});
            }
        });
        return new Run((double) count * tokens, seconds);
    }

    /** The prompts take as long with one new token as with many: the difference is the steps alone. */
    private Run decode(LanguageModel model, int count) {
        List<Prompt> prompts = prompts(count, 128);
        Sampling sampling = Sampling.greedy().ignoreEnd(true);
        double prefill = seconds(() -> write(model, prompts.stream(), sampling.maxTokens(1)));
        List<Completion> completions = new ArrayList<>();
        double all = seconds(() -> completions.addAll(write(model, prompts.stream(), sampling.maxTokens(1 + STEPS))));
        long steps =
                completions.stream().mapToLong(text -> text.ids().size() - 1).sum();
        return new Run(steps, Math.max(all - prefill, 1e-9));
    }

    private static List<Completion> write(LanguageModel model, Stream<Prompt> prompts, Sampling sampling) {
        try (Stream<Completion> completions = model.complete(prompts, sampling)) {
            return completions.toList();
        }
    }

    private boolean laidOut(ObjectNode notes) {
        boolean given = !pairs.get(0).ids().isEmpty();
        notes.put("prompts", given ? "as in the file" : "the library's own");
        return given;
    }

    private Run score(LanguageModel model, ObjectNode notes) {
        return read(model, pairs.stream().map(Pair::ids).toList(), notes);
    }

    private Run scoreReasoned(LanguageModel model, ObjectNode notes) {
        List<List<Integer>> reasoned = new ArrayList<>();
        double writing = seconds(() -> {
            Stream<Prompt> prompts = pairs.stream().map(pair -> Prompt.ids(pair.ids()));
            List<Completion> completions = write(model, prompts, REASONING);
            for (Completion completion : completions) {
                List<Integer> ids = completion.ids();
                int kept = completion.finish() == Finish.STOP ? ids.size() - 1 : ids.size(); // without the end token
                reasoned.add(concat(pairs.get(reasoned.size()).ids(), ids.subList(0, kept)));
            }
            notes.put(
                    "new_tokens",
                    completions.stream().mapToLong(text -> text.ids().size()).sum());
        });
        Run reading = read(model, reasoned, notes);
        return new Run(reading.units, writing + reading.seconds);
    }

    private Run read(LanguageModel model, List<List<Integer>> replies, ObjectNode notes) {
        List<Choice> choices = new ArrayList<>();
        double seconds = seconds(() -> {
            Stream<Prompt> prompts = IntStream.range(0, pairs.size())
                    .mapToObj(
                            i -> Prompt.ids(concat(replies.get(i), pairs.get(i).forced())));
            try (Stream<Choice> chosen = model.choose(prompts, DIGITS)) {
                chosen.forEachOrdered(choices::add);
            }
        });
        notes.put(
                "mean_score",
                choices.stream().mapToDouble(Bench::expected).average().orElse(Double.NaN));
        return new Run(choices.size(), seconds);
    }

    private static double expected(Choice choice) {
        double[] p = choice.normalised();
        return IntStream.range(0, p.length).mapToDouble(i -> (i + 1) * p[i]).sum();
    }

    private Run score(Scorer scorer) {
        List<Example> examples = pairs.stream().map(Pair::example).toList();
        List<Scored<Example>> scored = new ArrayList<>();
        double seconds = seconds(() -> scored.addAll(scorer.score(examples)));
        return new Run(scored.stream().filter(Scored::kept).count(), seconds);
    }

    private Run augment(LanguageModel model, ObjectNode notes) {
        List<Attempt> attempts = new ArrayList<>();
        double seconds = seconds(() -> {
            try (Stream<Attempt> made = Augmenter.using(model).attempts(segments.stream())) {
                made.forEachOrdered(attempts::add);
            }
        });
        notes.put(
                "candidates",
                attempts.stream().filter(made -> made.candidate() != null).count());
        return new Run(attempts.size(), seconds);
    }

    private static List<Integer> concat(List<Integer> first, List<Integer> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }
}
