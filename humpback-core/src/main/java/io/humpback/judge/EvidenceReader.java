package io.humpback.judge;

import io.humpback.Judge;
import io.humpback.LikelihoodScorer;
import io.humpback.RewardScorer;
import io.humpback.Rubric;
import io.humpback.Score;
import io.humpback.Scored;
import io.humpback.Scorer;
import io.humpback.data.Example;
import io.humpback.model.HiddenStates;
import io.humpback.model.LanguageModel;
import io.humpback.model.Prompt;
import io.humpback.model.RewardModel;
import io.humpback.prompt.ModelStream;
import io.humpback.quality.Drop;
import io.humpback.quality.PairChecks;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Asks a model, and a reward model if there is one, all that is needed to judge pairs. Pairs that one of the judges would not
 * be shown come out with the reason. The states are asked for first, as the rating by the same prompt then costs a few tokens.
 */
final class EvidenceReader {

    /** The rubric whose prompt's states are read. */
    private static final Rubric RUBRIC = Rubric.standard();

    private final LanguageModel model;
    private final @Nullable RewardModel reward;
    private final Asked asked;

    EvidenceReader(LanguageModel model, @Nullable RewardModel reward, Asked asked) {
        this.model = model;
        this.reward = reward;
        this.asked = asked;
    }

    /**
     * What is asked for.
     *
     * @param layers whose states are read
     * @param mean whether the mean over the response is read too
     * @param all whether everybody says something, not only those whom the probe listens to
     */
    record Asked(List<Integer> layers, boolean mean, boolean all) {}

    /** {@return the names of all signals, those that the probe reads first} */
    static List<String> names(boolean rewards) {
        List<String> names = new ArrayList<>(List.of("rating", "likelihood", "gain"));
        others().forEach(rubric -> names.add("rating_" + rubric.name()));
        if (rewards) {
            names.add("reward");
        }
        return names;
    }

    /** {@return a text that changes with any prompt} */
    static String prompts() {
        StringBuilder all = new StringBuilder();
        Rubric.paraphrases()
                .forEach(rubric -> all.append(all.isEmpty() ? "" : "+").append(rubric.fingerprint()));
        return all.toString();
    }

    private static List<Rubric> others() {
        return Rubric.paraphrases().stream()
                .filter(rubric -> !rubric.equals(RUBRIC))
                .toList();
    }

    /** An item with what is known of its pair so far; a reason ends the asking. */
    record Reading<T>(
            T item,
            Example pair,
            List<Double> signals,
            float[][] states,
            @Nullable Drop drop) {

        private Reading<T> with(HiddenStates read) {
            float[][] found = new float[read.last().size()][];
            for (int layer = 0; layer < found.length; layer++) {
                float[] last = read.last().get(layer);
                float[] mean =
                        read.mean().isEmpty() ? new float[0] : read.mean().get(layer);
                found[layer] = Arrays.copyOf(last, last.length + mean.length);
                System.arraycopy(mean, 0, found[layer], last.length, mean.length);
            }
            return new Reading<>(item, pair, signals, found, null);
        }

        private Reading<T> with(Scored<Reading<T>> scored, List<ToDoubleFunction<Score>> numbers) {
            Score score = scored.score();
            if (drop != null || score == null) {
                return new Reading<>(item, pair, signals, states, drop != null ? drop : scored.drop());
            }
            List<Double> more = new ArrayList<>(signals);
            numbers.forEach(number -> more.add(number.applyAsDouble(score)));
            return new Reading<>(item, pair, more, states, null);
        }

        Evidence evidence() {
            return new Evidence(signals.stream().mapToDouble(signal -> signal).toArray(), states);
        }
    }

    /** {@return the items in order, with the evidence of their pairs} Lazy; closing it closes the source. */
    <T> Stream<Reading<T>> read(Stream<T> items, Function<? super T, Example> pair) {
        Stream<Reading<T>> readings = states(items.map(item -> begin(item, pair.apply(item))));
        readings = ask(Scorer.using(model).rubric(RUBRIC), readings, List.of(Score::value));
        readings = ask(
                LikelihoodScorer.gain(model),
                readings,
                List.of(score -> score.signal(LikelihoodScorer.GIVEN), Score::value));
        if (asked.all) {
            for (Rubric rubric : others()) {
                readings = ask(Scorer.using(model).rubric(rubric), readings, List.of(Score::value));
            }
            if (reward != null) {
                readings = ask(RewardScorer.using(reward), readings, List.of(Score::value));
            }
        }
        return readings;
    }

    private static <T> Reading<T> begin(T item, Example pair) {
        Drop drop = PairChecks.check(pair.instruction(), pair.response()).orElse(null);
        return new Reading<>(item, pair, List.of(), new float[0][], drop);
    }

    private <T> Stream<Reading<T>> states(Stream<Reading<T>> readings) {
        return ModelStream.<Reading<T>, HiddenStates.Request, HiddenStates>through(
                readings.map(this::request), requests -> model.hiddenStates(requests, asked.layers), Reading::with);
    }

    private <T> ModelStream.Ask<Reading<T>, HiddenStates.Request> request(Reading<T> reading) {
        if (reading.drop != null) {
            return new ModelStream.Ask<>(reading, null);
        }
        HiddenStates.Request request = RUBRIC.states(reading.pair.instruction(), reading.pair.response(), asked.mean);
        Prompt prompt = request.prompt();
        Drop tooLong = ModelStream.tooLong(model, prompt, 0);
        return tooLong == null
                ? new ModelStream.Ask<>(reading, request)
                : new ModelStream.Ask<>(
                        new Reading<>(reading.item, reading.pair, List.of(), reading.states, tooLong), null);
    }

    private static <T> Stream<Reading<T>> ask(
            Judge judge, Stream<Reading<T>> readings, List<ToDoubleFunction<Score>> numbers) {
        return judge.score(readings, Reading::pair).map(scored -> scored.item().with(scored, numbers));
    }
}
