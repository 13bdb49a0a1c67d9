package io.humpback.examples.cli.terminal;

import java.time.Duration;

/** When lines about a piece of work are due where nobody watches, soon at first, then more and more seldom; and times in them. */
final class Spacing {

    private static final double FIRST = 10;
    private static final double MOST = 300;

    private double next = FIRST;

    /** {@return whether a line is due after a number of seconds of work; then the next one is due after as many again} */
    boolean due(double seconds) {
        if (seconds < next) {
            return false;
        }
        next = seconds + Math.min(seconds, MOST);
        return true;
    }

    /** {@return a time such as {@code 1:05} or {@code 2:46:30}} */
    static String clock(double seconds) {
        Duration left = Duration.ofSeconds(Math.round(seconds));
        return left.toHours() > 0
                ? "%d:%02d:%02d".formatted(left.toHours(), left.toMinutesPart(), left.toSecondsPart())
                : "%d:%02d".formatted(left.toMinutes(), left.toSecondsPart());
    }
}
