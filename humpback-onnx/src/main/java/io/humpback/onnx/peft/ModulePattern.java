package io.humpback.onnx.peft;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.humpback.onnx.checkpoint.Refusal;
import java.util.regex.MatchResult;

/**
 * Matches names of modules with a regular expression from an untrusted file. RE2 takes time in proportion to the lengths of
 * both, whatever the expression. Constructs that RE2 does not have, such as lookahead, are refused, and so are those that
 * Python, which PEFT matches with, reads in another way.
 */
final class ModulePattern {

    private static final int MAX_LENGTH = 4096;

    /** Steps that an expression may have when its counted repeats are written out. */
    private static final int MAX_STEPS = 1 << 16;

    private static final java.util.regex.Pattern REFUSED =
            java.util.regex.Pattern.compile("\\(\\?(?!:)|\\\\[pPQC]|&&|\\[:|\\{(?!\\d)");

    private static final java.util.regex.Pattern COUNTS = java.util.regex.Pattern.compile("\\{(?:\\d+,)?(\\d+)");

    private ModulePattern() {}

    /**
     * {@return whether an expression matches all of a name}
     *
     * @throws IllegalArgumentException if the expression is not understood; the message says why
     */
    static boolean matches(String expression, String name) {
        require(expression, expression.length() <= MAX_LENGTH, "more than " + MAX_LENGTH + " characters");
        String refused = REFUSED.matcher(expression)
                .results()
                .map(MatchResult::group)
                .findFirst()
                .orElse("");
        require(expression, refused.isEmpty(), refused + " is not supported");
        double steps = COUNTS.matcher(expression)
                .results()
                .mapToDouble(count -> Math.max(1, Double.parseDouble(count.group(1))))
                .reduce(expression.length(), (a, b) -> a * b);
        require(expression, steps <= MAX_STEPS, "its repeats are too many");
        try {
            return Pattern.matches(expression, name);
        } catch (PatternSyntaxException e) {
            throw refusal(expression, e.getDescription());
        }
    }

    private static void require(String expression, boolean holds, String otherwise) {
        if (!holds) {
            throw refusal(expression, otherwise);
        }
    }

    private static IllegalArgumentException refusal(String expression, String why) {
        return new IllegalArgumentException("regular expression " + Refusal.shown(expression) + ": " + why);
    }
}
