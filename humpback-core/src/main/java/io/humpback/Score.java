package io.humpback;

import java.util.List;
import java.util.Locale;

/**
 * How good a judge finds a response.
 *
 * @param distribution the probabilities P(1) to P(5) of the ratings among themselves: five numbers that sum to 1; the
 *     mean over the rubrics
 * @param outside the probability, in [0, 1], that the judge gave to anything but a rating; the mean over the rubrics
 * @param spread the standard deviation of the expected rating over the rubrics; 0 for a single rubric
 * @param reasoning what the judge wrote before each rating, one text a rubric; empty when it was not asked to
 */
public record Score(List<Double> distribution, double outside, double spread, List<String> reasoning) {

    private static final double TOLERANCE = 1e-6;

    /** Copies the lists and checks that the numbers are probabilities. */
    public Score {
        distribution = List.copyOf(distribution);
        reasoning = List.copyOf(reasoning);
        double sum = distribution.stream().mapToDouble(p -> p).sum();
        if (distribution.size() != Rubric.RATINGS.size()
                || !distribution.stream().allMatch(p -> p >= 0 && p <= 1 + TOLERANCE)
                || !(Math.abs(sum - 1) <= TOLERANCE)) {
            throw new IllegalArgumentException(
                    "distribution = " + distribution + ": expected five probabilities that sum to 1");
        }
        if (!(outside >= 0 && outside <= 1)) {
            throw new IllegalArgumentException("outside = " + outside + ": expected a probability");
        }
        if (!(spread >= 0)) {
            throw new IllegalArgumentException("spread = " + spread + ": expected at least 0");
        }
    }

    /** {@return the expected rating, in [1, 5]: the sum of d P(d)} */
    public double value() {
        return expectation(distribution);
    }

    static double expectation(List<Double> distribution) {
        double sum = 0;
        for (int i = 0; i < distribution.size(); i++) {
            sum += (i + 1) * distribution.get(i);
        }
        return Math.min(Math.max(sum, 1), distribution.size()); // rounding may lead a little outside
    }

    /** {@return such as {@code 4.21  [1: .01  2: .03  3: .12  4: .42  5: .42]  outside .02}} */
    @Override
    public String toString() {
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
