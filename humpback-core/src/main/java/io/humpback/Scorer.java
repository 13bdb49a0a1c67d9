package io.humpback;

import io.humpback.data.Example;
import io.humpback.model.Choice;
import io.humpback.model.Completion;
import io.humpback.model.LanguageModel;
import io.humpback.model.Listener;
import io.humpback.model.ModelException;
import io.humpback.model.Prompt;
import io.humpback.model.Sampling;
import io.humpback.prompt.ModelStream;
import io.humpback.quality.Drop;
import io.humpback.quality.PairChecks;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Rates responses from 1 to 5 with a model as the judge. The rating is not generated and parsed: the judge's reply is
 * made to begin with {@value Rubric#REPLY_START}, and the probabilities of the five ratings are read off. The score is
 * their expectation ({@link Score#ofRatings}), which is finer than the most probable rating and agrees better with people (Liu et al. 2023,
 * arXiv 2303.16634).
 *
 * <p>One pair, a list or a stream is the same computation and gives the same numbers. Pairs without text, those whose
 * response is but an opener ({@link PairChecks}), and those whose prompt does not fit the model's context are not shown
 * to the judge: in lists and streams they come out in their place with the reason, a single one throws a
 * {@link UnscorableException}. Immutable and safe for use from many threads.
 */
public final class Scorer implements Judge {

    /** Tokens kept free for {@value Rubric#REPLY_START} and a rating. */
    private static final int RATING_ROOM = 8;

    /** A last line with a rating that the judge wrote itself, or with the marks that were to embrace one. */
    private static final Pattern OWN_RATING = Pattern.compile(
            "(?:^|\\n)[\\s*_#>-]*+(?:(?:(?:final|overall) )?(?:score|rating)[\\s*_]*+(?:is|of|[:=-])?+[\\s*_]*+"
                    + "(?:[1-5](?:\\.\\d{1,3})?+(?:\\s?(?:/|out of)\\s?5)?+)?+)?+[\\s*_#.]*+$",
            Pattern.CASE_INSENSITIVE);

    private final LanguageModel model;
    private final List<Rubric> rubrics;
    private final @Nullable Sampling reasoning;
    private final String system;

    private Scorer(LanguageModel model, List<Rubric> rubrics, @Nullable Sampling reasoning, String system) {
        this.model = model;
        this.rubrics = rubrics;
        this.reasoning = reasoning;
        this.system = system;
    }

    /**
     * {@return a scorer with the standard rubric, which reads the rating at once}
     *
     * @param model the judge
     */
    public static Scorer using(LanguageModel model) {
        return new Scorer(Objects.requireNonNull(model, "model"), List.of(Rubric.standard()), null, "");
    }

    /**
     * {@return a copy with another rubric}
     *
     * @param rubric the criteria in the judge's prompt
     */
    public Scorer rubric(Rubric rubric) {
        return rubrics(List.of(rubric));
    }

    /**
     * {@return this with several rubrics, whose distributions are averaged} The time goes with their number.
     *
     * @param values at least one, such as {@link Rubric#paraphrases()}
     */
    public Scorer rubrics(List<Rubric> values) {
        if (values.isEmpty()) {
            throw new IllegalArgumentException("rubrics: expected at least one");
        }
        return new Scorer(model, List.copyOf(values), reasoning, system);
    }

    /** {@return this, the judge writing its reasoning first: greedily, in at most 256 tokens} */
    public Scorer reasoned() {
        return reasoned(Sampling.greedy().maxTokens(256));
    }

    /**
     * {@return this, the judge writing its reasoning before the rating is read} A rating that it writes by itself is cut
     * off, and read like any other.
     *
     * @param sampling how the reasoning is written; it ends at {@value Rubric#REPLY_START} whatever the stop texts
     */
    public Scorer reasoned(Sampling sampling) {
        List<String> stops = new ArrayList<>(sampling.stopStrings());
        stops.add(Rubric.REPLY_START);
        return new Scorer(model, rubrics, sampling.stopStrings(stops.toArray(String[]::new)), system);
    }

    /**
     * {@return a copy with a system turn before the rubric}
     *
     * @param text what it says; empty for no such turn
     */
    public Scorer system(String text) {
        return new Scorer(model, rubrics, reasoning, Objects.requireNonNull(text, "system"));
    }

    /**
     * {@return this, reporting to a listener}
     *
     * @param listener is notified after every batch of the model
     */
    public Scorer listener(Listener listener) {
        return new Scorer(model.listening(listener), rubrics, reasoning, system);
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
        Stream<Judgement<T>> judgements = items.map(item -> Judgement.begin(item, pair.apply(item)));
        for (Rubric rubric : rubrics) {
            judgements = reasoning == null ? judgements : reason(judgements, rubric, reasoning);
            judgements = rate(judgements, rubric);
        }
        return judgements.map(Judgement::end);
    }

    private <T> Stream<Judgement<T>> reason(Stream<Judgement<T>> judgements, Rubric rubric, Sampling sampling) {
        int room = sampling.maxTokens() + RATING_ROOM;
        return ModelStream.<Judgement<T>, Prompt, Completion>through(
                judgements.map(judgement -> judgement.ask(model, system, room, rubric::reasoningPrompt)),
                prompts -> model.complete(prompts, sampling),
                (judgement, completion) -> judgement.reasoned(withoutRating(completion.text())));
    }

    private <T> Stream<Judgement<T>> rate(Stream<Judgement<T>> judgements, Rubric rubric) {
        return ModelStream.<Judgement<T>, Prompt, Choice>through(
                judgements.map(judgement -> judgement.ask(
                        model,
                        system,
                        RATING_ROOM,
                        (instruction, response) -> judgement.reasoning == null
                                ? rubric.prompt(instruction, response)
                                : rubric.reasonedPrompt(instruction, response, judgement.reasoning))),
                prompts -> model.choose(prompts, Rubric.RATINGS),
                Judgement::rated);
    }

    /** {@return the reasoning without a rating at its end} */
    static String withoutRating(String reasoning) {
        return OWN_RATING.matcher(reasoning).replaceFirst("").strip();
    }

    /** What is known of an item while it passes the rubrics. */
    private record Judgement<T>(
            T item,
            Example pair,
            @Nullable Drop drop,
            @Nullable String reasoning,
            List<Rating> ratings) {

        private record Rating(
                List<Double> distribution,
                double outside,
                @Nullable String reasoning) {}

        private interface Layout {
            Prompt.Chat of(String instruction, String response);
        }

        static <T> Judgement<T> begin(T item, Example pair) {
            Drop drop = PairChecks.check(pair.instruction(), pair.response()).orElse(null);
            return new Judgement<>(item, pair, drop, null, List.of());
        }

        ModelStream.Ask<Judgement<T>, Prompt> ask(LanguageModel model, String system, int room, Layout layout) {
            if (drop != null) {
                return new ModelStream.Ask<>(this, null);
            }
            Prompt.Chat prompt = layout.of(pair.instruction(), pair.response()).after(system);
            Drop tooLong = ModelStream.tooLong(model, prompt, room);
            return tooLong == null
                    ? new ModelStream.Ask<>(this, prompt)
                    : new ModelStream.Ask<>(new Judgement<>(item, pair, tooLong, null, List.of()), null);
        }

        Judgement<T> reasoned(String text) {
            return new Judgement<>(item, pair, null, text, ratings);
        }

        Judgement<T> rated(Choice choice) {
            double outside = Math.exp(choice.logOther());
            List<Double> distribution = new ArrayList<>();
            for (double p : choice.normalised()) {
                distribution.add(p);
            }
            if (Double.isNaN(distribution.get(0) + outside)) {
                throw new ModelException("judge: rating probabilities " + distribution + " and " + outside
                        + " for the rest, expected finite numbers");
            }
            List<Rating> all = new ArrayList<>(ratings);
            all.add(new Rating(distribution, Math.min(outside, 1), reasoning));
            return new Judgement<>(item, pair, null, null, all);
        }

        Scored<T> end() {
            if (drop != null) {
                return new Scored<>(item, null, drop);
            }
            List<Double> mean = new ArrayList<>();
            for (int i = 0; i < Rubric.RATINGS.size(); i++) {
                int rating = i;
                mean.add(mean(rated -> rated.distribution.get(rating)));
            }
            double expected = Score.expectation(mean);
            double variance = mean(rated -> Math.pow(Score.expectation(rated.distribution) - expected, 2));
            List<String> reasons = ratings.stream()
                    .map(Rating::reasoning)
                    .filter(Objects::nonNull)
                    .toList();
            return new Scored<>(item, Score.ofRatings(mean, mean(Rating::outside), Math.sqrt(variance), reasons), null);
        }

        private double mean(Function<Rating, Double> number) {
            return ratings.stream().mapToDouble(number::apply).sum() / ratings.size();
        }
    }
}
