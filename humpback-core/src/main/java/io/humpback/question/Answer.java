package io.humpback.question;

import static io.humpback.internal.Arguments.require;

import io.humpback.question.Question.Rating;
import io.humpback.question.Question.Scale;
import io.humpback.question.Question.YesNo;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * What a model answers to a question: how probable it finds each option.
 *
 * @param question what was asked
 * @param probabilities of the question's options among themselves, in their order: numbers that sum to 1
 * @param outside the probability, in [0, 1], that the model gave to anything but an option
 */
public record Answer(Question question, List<Double> probabilities, double outside) {

    private static final double TOLERANCE = 1e-6;

    /** Options that {@link #toString()} shows. */
    private static final int SHOWN = 11;

    /** Copies the list and checks the ranges. */
    public Answer {
        Objects.requireNonNull(question, "question");
        probabilities = List.copyOf(Objects.requireNonNull(probabilities, "probabilities"));
        double sum = probabilities.stream().mapToDouble(p -> p).sum();
        require(
                probabilities.size() == question.options().size()
                        && probabilities.stream().allMatch(p -> p >= 0 && p <= 1 + TOLERANCE)
                        && Math.abs(sum - 1) <= TOLERANCE,
                "question " + question.name() + ": probabilities",
                probabilities,
                question.options().size() + " that sum to 1");
        require(outside >= 0 && outside <= 1, "question " + question.name() + ": outside", outside, "a probability");
    }

    /**
     * {@return the probability of an option}
     *
     * @param option one of the question's
     * @throws IllegalArgumentException if it is none
     */
    public double probability(String option) {
        int at = question.options().indexOf(Objects.requireNonNull(option, "option"));
        require(at >= 0, "question " + question.name() + ": option", option, "one of " + question.options());
        return probabilities.get(at);
    }

    /** {@return the most probable option, the first of several} */
    public String mostProbable() {
        int best = 0;
        for (int i = 1; i < probabilities.size(); i++) {
            best = probabilities.get(i) > probabilities.get(best) ? i : best;
        }
        return question.options().get(best);
    }

    /**
     * {@return the probability of yes, in [0, 1]}
     *
     * @throws IllegalStateException if the question has other options
     */
    public double yes() {
        if (!(question instanceof YesNo)) {
            throw new IllegalStateException("question " + question.name() + ": found options " + question.options()
                    + ", expected a question of yes or no");
        }
        return probabilities.get(0);
    }

    /** {@return whether the options are numbers, which have an {@link #expectation} and a {@link #spread}} */
    public boolean isNumber() {
        return question instanceof Scale || question instanceof Rating;
    }

    /**
     * {@return the expected level: the sum of levels times their probabilities, within the scale}
     *
     * @throws IllegalStateException if the question has no scale
     */
    public double expectation() {
        int lowest = lowest();
        double sum = 0;
        for (int i = 0; i < probabilities.size(); i++) {
            sum += (lowest + i) * probabilities.get(i);
        }
        return Math.min(Math.max(sum, lowest), lowest + probabilities.size() - 1); // rounding may lead a little outside
    }

    /**
     * {@return the standard deviation of the level, at least 0, in levels}
     *
     * @throws IllegalStateException if the question has no scale
     */
    public double spread() {
        int lowest = lowest();
        double expected = expectation();
        double variance = 0;
        for (int i = 0; i < probabilities.size(); i++) {
            variance += Math.pow(lowest + i - expected, 2) * probabilities.get(i);
        }
        return Math.sqrt(variance);
    }

    private int lowest() {
        if (!isNumber()) {
            throw new IllegalStateException(
                    "question " + question.name() + ": found options " + question.options() + ", expected a scale");
        }
        return Integer.parseInt(question.options().get(0));
    }

    /** {@return how undecided the model is, in nats: from 0 to the natural logarithm of the number of options} */
    public double entropy() {
        double sum = 0;
        for (double p : probabilities) {
            sum -= p > 0 ? p * Math.log(p) : 0;
        }
        return Math.max(0, sum);
    }

    /** {@return such as {@code polite: yes  [yes: .91  no: .09]  outside .02}, or with the expectation of a scale} */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(question.name()).append(": ");
        text.append(isNumber() ? String.format(Locale.ROOT, "%.2f", expectation()) : mostProbable());
        if (probabilities.size() <= SHOWN) {
            text.append("  [");
            for (int i = 0; i < probabilities.size(); i++) {
                text.append(i == 0 ? "" : "  ")
                        .append(question.options().get(i))
                        .append(": ");
                text.append(hundredths(probabilities.get(i)));
            }
            text.append(']');
        } else {
            text.append("  spread ").append(hundredths(spreadOrEntropy()));
        }
        return text.append("  outside ").append(hundredths(outside)).toString();
    }

    private double spreadOrEntropy() {
        return isNumber() ? spread() : entropy();
    }

    private static String hundredths(double number) {
        String text = String.format(Locale.ROOT, "%.2f", number);
        return text.startsWith("0.") ? text.substring(1) : text;
    }
}
