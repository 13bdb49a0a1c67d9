package io.humpback.testing;

import io.humpback.Judge;
import io.humpback.Score;
import io.humpback.UnscorableException;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An assertion about an answer, for JUnit and every other framework that reports an {@link AssertionError}:
 *
 * <pre>{@code
 * assertThatAnswer(reply).toInstruction("Why is the sky blue?").judgedBy(scorer).scoresAtLeast(3.5);
 * }</pre>
 *
 * A failure's message shows the score, the probability of each rating, the instruction and the answer. The judge is asked
 * once, however many assertions follow. Not thread-safe.
 */
public final class AnswerAssert {

    private static final int SHOWN = 300;

    private final String answer;
    private @Nullable String instruction;
    private @Nullable Judge judge;
    private @Nullable Score score;

    private AnswerAssert(String answer) {
        this.answer = answer;
    }

    /**
     * Begins an assertion.
     *
     * @param answer what a program under test has answered
     */
    public static AnswerAssert assertThatAnswer(String answer) {
        return new AnswerAssert(Objects.requireNonNull(answer, "answer"));
    }

    /** {@return this, knowing what was asked} */
    public AnswerAssert toInstruction(String text) {
        instruction = Objects.requireNonNull(text, "instruction");
        score = null;
        return this;
    }

    /** {@return this, knowing who judges} */
    public AnswerAssert judgedBy(Judge value) {
        judge = Objects.requireNonNull(value, "judge");
        score = null;
        return this;
    }

    /**
     * Passes if the score reaches a number.
     *
     * @param least of a judge that rates in [1, 5]
     * @throws AssertionError if the score is lower, or the pair cannot be judged
     * @throws IllegalStateException if the instruction or the judge is not known
     */
    public AnswerAssert scoresAtLeast(double least) {
        Score found = score();
        if (!(found.value() >= least)) {
            throw failure(found, "at least " + least);
        }
        return this;
    }

    /**
     * Passes if the score stays below a number; otherwise as {@link #scoresAtLeast}.
     *
     * @param most of a judge that rates in [1, 5]
     */
    public AnswerAssert scoresBelow(double most) {
        Score found = score();
        if (!(found.value() < most)) {
            throw failure(found, "below " + most);
        }
        return this;
    }

    /**
     * Passes if the judge scores this answer higher than another one to the same instruction; otherwise as
     * {@link #scoresAtLeast}.
     */
    public AnswerAssert scoresAbove(String otherAnswer) {
        Score found = score();
        Score other = score(Objects.requireNonNull(otherAnswer, "otherAnswer"));
        if (!(found.value() > other.value())) {
            throw failure(found, "above that of another answer, " + other + "; other answer: " + shown(otherAnswer));
        }
        return this;
    }

    private Score score() {
        if (score == null) {
            score = score(answer);
        }
        return score;
    }

    private Score score(String response) {
        if (instruction == null || judge == null) {
            throw new IllegalStateException(
                    (instruction == null ? "toInstruction" : "judgedBy") + ": expected before the assertion");
        }
        try {
            return judge.score(instruction, response);
        } catch (UnscorableException e) {
            throw new AssertionError("answer cannot be judged: " + e.getMessage() + described(), e);
        }
    }

    private AssertionError failure(Score found, String expected) {
        return new AssertionError(
                String.format(Locale.ROOT, "answer scores %s, expected %s", found, expected) + described());
    }

    private String described() {
        return "\n  instruction: " + shown(String.valueOf(instruction)) + "\n  answer: " + shown(answer);
    }

    private static String shown(String text) {
        String line = text.strip().replaceAll("\\s+", " ");
        return line.length() <= SHOWN ? line : line.substring(0, SHOWN) + " ...";
    }
}
