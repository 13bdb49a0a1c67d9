package io.humpback;

import static io.humpback.internal.Arguments.require;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * How good a judge finds a response.
 *
 * @param value what pairs are ranked by, finite, higher is better: of ratings their expectation in [1, 5], the sum of
 *     d P(d); of likelihoods a difference or a mean of log-probabilities
 * @param distribution the probabilities P(1) to P(5) of the ratings among themselves: five numbers that sum to 1; the
 *     mean over the rubrics; empty if the judge gives no ratings
 * @param outside the probability, in [0, 1], that the judge gave to anything but a rating; the mean over the rubrics; 0
 *     if the judge gives no ratings
 * @param spread the standard deviation of the expected rating over the rubrics; 0 for a single rubric
 * @param reasoning what the judge wrote before each rating, one text a rubric; empty when it was not asked to
 * @param signals the numbers that the value was computed from, by name, if the judge gives them
 */
public record Score(
        double value,
        List<Double> distribution,
        double outside,
        double spread,
        List<String> reasoning,
        Map<String, Number> signals) {

    private static final double TOLERANCE = 1e-6;

    /** Copies the collections and checks the ranges. */
    public Score {
        distribution = List.copyOf(Objects.requireNonNull(distribution, "distribution"));
        reasoning = List.copyOf(Objects.requireNonNull(reasoning, "reasoning"));
        signals = Collections.unmodifiableMap(new LinkedHashMap<>(Objects.requireNonNull(signals, "signals")));
        require(Double.isFinite(value), "value", value, "a finite number");
        require(
                distribution.isEmpty() || isDistribution(distribution),
                "distribution",
                distribution,
                "five probabilities that sum to 1");
        require(outside >= 0 && outside <= 1, "outside", outside, "a probability");
        require(spread >= 0, "spread", spread, "at least 0");
    }

    private static boolean isDistribution(List<Double> numbers) {
        double sum = numbers.stream().mapToDouble(p -> p).sum();
        return numbers.size() == Rubric.RATINGS.size()
                && numbers.stream().allMatch(p -> p >= 0 && p <= 1 + TOLERANCE)
                && Math.abs(sum - 1) <= TOLERANCE;
    }

    /** {@return the score of a judge that rates: its value is the expected rating} The numbers are as in the record. */
    public static Score ofRatings(List<Double> distribution, double outside, double spread, List<String> reasoning) {
        require(
                isDistribution(Objects.requireNonNull(distribution, "distribution")),
                "distribution",
                distribution,
                "five probabilities that sum to 1");
        return new Score(expectation(distribution), distribution, outside, spread, reasoning, Map.of());
    }

    /** {@return the score of a judge that gives a number without ratings, and what it was computed from} */
    public static Score of(double value, Map<String, ? extends Number> signals) {
        return new Score(
                value, List.of(), 0, 0, List.of(), new LinkedHashMap<>(Objects.requireNonNull(signals, "signals")));
    }

    /** {@return a number that the value was computed from, by its name in {@link #signals()}} */
    public double signal(String name) {
        Number number = signals.get(name);
        if (number == null) {
            throw new IllegalArgumentException("signal = " + name + ": expected one of " + signals.keySet());
        }
        return number.doubleValue();
    }

    /** {@return the expected rating: the sum of d P(d) over the ratings d} */
    static double expectation(List<Double> distribution) {
        double sum = 0;
        for (int i = 0; i < distribution.size(); i++) {
            sum += (i + 1) * distribution.get(i);
        }
        return Math.min(Math.max(sum, 1), distribution.size()); // rounding may lead a little outside
    }

    /** {@return such as {@code 4.21  [1: .01  2: .03  3: .12  4: .42  5: .42]  outside .02}, or the value and the signals} */
    @Override
    public String toString() {
        if (distribution.isEmpty()) {
            return String.format(Locale.ROOT, "%.4f  %s", value, signals);
        }
        StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "%.2f  [", value()));
        for (int i = 0; i < distribution.size(); i++) {
            text.append(i == 0 ? "" : "  ").append(i + 1).append(": ").append(hundredths(distribution.get(i)));
        }
        text.append("]  outside ").append(hundredths(outside));
        if (spread > 0) {
            text.append("  spread ").append(hundredths(spread));
        }
        return text.toString();
    }

    private static String hundredths(double number) {
        String text = String.format(Locale.ROOT, "%.2f", number);
        return text.startsWith("0.") ? text.substring(1) : text;
    }
}
