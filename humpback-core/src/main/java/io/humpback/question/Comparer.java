package io.humpback.question;

import static io.humpback.internal.Arguments.require;

import io.humpback.UnscorableException;
import io.humpback.model.LanguageModel;
import io.humpback.model.Listener;
import io.humpback.quality.Drop;
import io.humpback.question.Question.Subject;
import io.humpback.question.Questions.Answered;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Asks a model which of two texts is the better one, and orders any number of them. Models prefer a place, mostly the
 * first, whatever stands there: so each two texts are shown in both orders and the answers are averaged, and the
 * {@link Comparison#bias()} says how much the place counted.
 *
 * <pre>{@code
 * Comparer comparer = Comparer.ofResponses(model);
 * double better = comparer.compare("Why is the sky blue?", "Air scatters blue light.", "It just is.").first();
 * String best = comparer.rank("Why is the sky blue?", responses).best();
 * }</pre>
 *
 * <p>Immutable and safe for use from many threads.
 */
public final class Comparer {

    /**
     * What two texts are to each other.
     *
     * @param first the probability, in [0, 1], that the first is the better one: the mean over both orders; of the same
     *     two texts the other way round it is 1 minus this
     * @param bias how much more often the text that was shown first is preferred: the mean probability of the first place
     *     minus a half, in [-0.5, 0.5]
     * @param outside the probability, in [0, 1], that the model gave to anything but A and B
     */
    public record Comparison(double first, double bias, double outside) {}

    /**
     * Texts from the best to the worst.
     *
     * @param places the texts in their order
     * @param bias the mean of {@link Comparison#bias()}; 0 where nothing was compared
     * @param comparisons how many pairs were compared, each in both orders
     */
    public record Ranking(List<Place> places, double bias, int comparisons) {

        /** Copies the list and checks that it is not empty. */
        public Ranking {
            places = List.copyOf(places);
            require(!places.isEmpty(), "places", places, "at least one");
        }

        /** {@return the best text} */
        public String best() {
            return places.get(0).text();
        }
    }

    /**
     * A text and how strong it is.
     *
     * @param candidate its number among those given, from 0
     * @param text what it says
     * @param strength the natural logarithm of its odds against a text of the mean strength of all
     * @param low lower end of a 95 % interval of the strength
     * @param high its upper end; the interval counts each compared pair as one vote
     */
    public record Place(int candidate, String text, double strength, double low, double high) {}

    private static final double NORMAL_95 = 1.959963984540054;

    private final Questions questions;
    private final LanguageModel model;
    private final String given;
    private final String candidate;
    private final int budget;
    private final long seed;

    private Comparer(LanguageModel model, Questions questions, String given, String candidate, int budget, long seed) {
        this.model = model;
        this.questions = questions;
        this.given = given;
        this.candidate = candidate;
        this.budget = budget;
        this.seed = seed;
    }

    /**
     * {@return what compares responses to an instruction}
     *
     * @param model the judge
     */
    public static Comparer ofResponses(LanguageModel model) {
        return of(model, "instruction", "response", "Which response answers the instruction better?");
    }

    /**
     * {@return what compares instructions for a response, such as several that a model wrote for one text}
     *
     * @param model the judge
     */
    public static Comparer ofInstructions(LanguageModel model) {
        return of(model, "response", "instruction", "Which instruction does the response answer better?");
    }

    private static Comparer of(LanguageModel model, String given, String candidate, String question) {
        return new Comparer(model, asking(model, question), given, candidate, Integer.MAX_VALUE, 0);
    }

    private static Questions asking(LanguageModel model, String question) {
        return Questions.using(model, List.of(Question.choice("better", question, "A", "B")));
    }

    /**
     * {@return a copy that asks something else}
     *
     * @param text such as {@code Which response is the more polite one?}
     */
    public Comparer question(String text) {
        return new Comparer(model, asking(model, text), given, candidate, budget, seed);
    }

    /**
     * {@return a copy that ranks by some of all pairs} They are drawn at random, so that every two texts are connected.
     *
     * @param comparisons pairs that are compared at most; at least one fewer than there are texts
     * @param drawnBy fixes which pairs are drawn
     */
    public Comparer budget(int comparisons, long drawnBy) {
        require(comparisons >= 1, "comparisons", comparisons, "at least 1");
        return new Comparer(model, questions, given, candidate, comparisons, drawnBy);
    }

    /**
     * {@return this, reporting to a listener}
     *
     * @param listener is notified after every batch of the model, of which each order of a pair is an item
     */
    public Comparer listener(Listener listener) {
        return new Comparer(model.listening(listener), questions.listener(listener), given, candidate, budget, seed);
    }

    /**
     * {@return which of two texts is the better one}
     *
     * @param about the instruction that responses answer, or the response that instructions ask for
     * @param a the first text
     * @param b the second
     * @throws UnscorableException if one has no text or they do not fit the model's context
     */
    public Comparison compare(String about, String a, String b) {
        return compare(about, List.of(a, b), List.of(new Pair(0, 1))).get(0);
    }

    /**
     * {@return texts from the best to the worst, by the model of Bradley and Terry, equal ones as they were given}
     *
     * @param about the instruction that responses answer, or the response that instructions ask for
     * @param candidates at least one
     * @throws UnscorableException if one has no text or two do not fit the model's context
     */
    public Ranking rank(String about, List<String> candidates) {
        require(!candidates.isEmpty(), "candidates", candidates, "at least one");
        List<Pair> pairs = pairs(candidates.size());
        List<Comparison> comparisons = compare(about, candidates, pairs);
        double[][] wins = new double[candidates.size()][candidates.size()];
        for (int i = 0; i < pairs.size(); i++) {
            Pair pair = pairs.get(i);
            wins[pair.first][pair.second] = comparisons.get(i).first;
            wins[pair.second][pair.first] = 1 - comparisons.get(i).first;
        }
        BradleyTerry fitted = BradleyTerry.fit(wins);
        List<Place> places = IntStream.range(0, candidates.size())
                .mapToObj(i -> {
                    double strength = fitted.strengths()[i];
                    double reach = NORMAL_95 * fitted.deviations()[i];
                    return new Place(i, candidates.get(i), strength, strength - reach, strength + reach);
                })
                .sorted(Comparator.comparingDouble(place -> -place.strength))
                .toList();
        double bias =
                comparisons.stream().mapToDouble(Comparison::bias).average().orElse(0);
        return new Ranking(places, bias, pairs.size());
    }

    /** Numbers of two candidates. */
    private record Pair(int first, int second) {
        Pair turned() {
            return new Pair(second, first);
        }
    }

    /** {@return the pairs to compare: all, or a ring through all candidates in an order that is drawn, then others} */
    private List<Pair> pairs(int count) {
        List<Pair> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            for (int j = i + 1; j < count; j++) {
                all.add(new Pair(i, j));
            }
        }
        if (budget >= all.size()) {
            return all;
        }
        require(
                budget >= count - 1,
                "comparisons",
                budget,
                "at least " + (count - 1) + " for " + count + " candidates");
        Random random = new Random(seed);
        List<Integer> order = new ArrayList<>(IntStream.range(0, count).boxed().toList());
        Collections.shuffle(order, random);
        List<Pair> ring = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int one = order.get(i);
            int next = order.get((i + 1) % count);
            ring.add(new Pair(Math.min(one, next), Math.max(one, next)));
        }
        all.removeAll(ring);
        Collections.shuffle(all, random);
        ring.addAll(all);
        return List.copyOf(ring.subList(0, budget));
    }

    /** Both orders of each pair are asked about, those that begin with the same text in a row. */
    private List<Comparison> compare(String about, List<String> candidates, List<Pair> pairs) {
        Objects.requireNonNull(about, given);
        for (int i = 0; i < candidates.size(); i++) {
            if (candidates.get(i).isBlank()) {
                throw new UnscorableException(new Drop(Drop.Reason.EMPTY, candidate + " " + i + " has no text"));
            }
        }
        List<Pair> shown = new ArrayList<>(pairs);
        pairs.forEach(pair -> shown.add(pair.turned()));
        shown.sort(Comparator.comparingInt(Pair::first).thenComparingInt(Pair::second));
        List<Answered<Subject>> answered = questions.about(shown.stream()
                .map(pair -> subject(about, candidates.get(pair.first), candidates.get(pair.second)))
                .toList());
        Map<Pair, Answer> answers = new LinkedHashMap<>();
        for (int i = 0; i < shown.size(); i++) {
            Pair pair = shown.get(i);
            Drop drop = answered.get(i).drop();
            if (drop != null) {
                throw new UnscorableException(new Drop(
                        drop.reason(), candidate + "s " + pair.first + " and " + pair.second + ": " + drop.detail()));
            }
            answers.put(pair, answered.get(i).answers().get(0));
        }
        return pairs.stream()
                .map(pair -> comparison(
                        Objects.requireNonNull(answers.get(pair)), Objects.requireNonNull(answers.get(pair.turned()))))
                .toList();
    }

    private Subject subject(String about, String a, String b) {
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put(given, about);
        texts.put(candidate + "_a", a);
        texts.put(candidate + "_b", b);
        return new Subject(texts);
    }

    private static Comparison comparison(Answer asGiven, Answer turned) {
        double first = (asGiven.probability("A") + turned.probability("B")) / 2;
        double bias = (asGiven.probability("A") + turned.probability("A")) / 2 - .5;
        return new Comparison(first, bias, (asGiven.outside() + turned.outside()) / 2);
    }
}
