package io.humpback.onnx.text;

import io.humpback.model.ModelException;

/**
 * Reads a regular expression of a tokenizer as the native library's engine (Oniguruma) does, to see that it is harmless: the
 * engine ends the whole process after ten million steps back from one place. So an expression is refused if the steps
 * back from a place can grow faster than the text that follows, as in {@code (a+)+b} or {@code a*a*b}, or grow with it
 * in more than a few of its parts.
 */
final class LinearPattern {

    private static final int MAX_LENGTH = 8192;

    /** Repeats up to which a bounded repeat counts as short. */
    private static final int SHORT = 64;

    /** Parts that may step back over all of the text; each costs up to {@link Tokenizer#MAX_CHARS} steps. */
    private static final int MAX_SCANS = 8;

    private static final int MAX_DEPTH = 50;

    private final String pattern;
    private int at;
    private int depth;

    private LinearPattern(String pattern) {
        this.pattern = pattern;
    }

    /**
     * {@return the expression}
     *
     * @param what names it in the message of a refusal
     * @throws ModelException if it is not known to be harmless
     */
    static String checked(String what, String pattern) {
        LinearPattern reader = new LinearPattern(pattern);
        try {
            require(
                    !pattern.isEmpty() && pattern.length() <= MAX_LENGTH,
                    "expected 1 to " + MAX_LENGTH + " characters");
            Cost cost = reader.alternatives();
            require(reader.at == pattern.length(), "a ) without its (");
            require(cost.scans <= MAX_SCANS, "it may step back over the text too often");
        } catch (IllegalArgumentException e) {
            throw new ModelException(what + ": the pattern " + TokenizerDefinition.quoted(pattern)
                    + " is not supported: " + e.getMessage());
        }
        return pattern;
    }

    /**
     * What a part of the expression may cost.
     *
     * @param fails whether it can fail to match
     * @param loops nested or neighbouring repeats whose length is a choice: 0, 1, or 2 for more
     * @param scans places inside it where a repeat may have to be undone step by step
     * @param rigid whether it matches in one way only
     * @param looks whether it looks ahead over a repeat
     */
    private record Cost(boolean fails, int loops, int scans, boolean rigid, boolean looks) {
        static final Cost NOTHING = new Cost(false, 0, 0, true, false);
        static final Cost CHARACTER = new Cost(true, 0, 0, true, false);
    }

    private Cost alternatives() {
        require(++depth <= MAX_DEPTH, "more than " + MAX_DEPTH + " groups inside one another");
        Cost all = sequence();
        while (next("|")) {
            Cost other = sequence();
            all = new Cost(
                    all.fails && other.fails,
                    Math.max(all.loops, other.loops),
                    all.scans + other.scans,
                    false,
                    all.looks || other.looks);
        }
        depth--;
        return all;
    }

    /** What fails behind a repeat undoes it step by step; behind two, each step of the first repeats all of the second. */
    private Cost sequence() {
        Cost all = Cost.NOTHING;
        int undone = 0;
        while (at < pattern.length() && "|)".indexOf(pattern.charAt(at)) < 0) {
            Cost part = repeated(atom());
            if (part.fails) {
                undone = all.loops;
            }
            require(
                    (!part.fails || all.loops <= 1) && (!part.looks || all.loops == 0),
                    "its steps may grow faster than the text");
            all = new Cost(
                    all.fails || part.fails,
                    Math.min(2, all.loops + part.loops),
                    all.scans + part.scans,
                    all.rigid && part.rigid,
                    all.looks || part.looks);
        }
        return new Cost(all.fails, all.loops, all.scans + undone, all.rigid, all.looks);
    }

    private Cost repeated(Cost part) {
        Cost all = part;
        while (at < pattern.length() && "*+?{".indexOf(pattern.charAt(at)) >= 0) {
            int least = 0;
            int most = Integer.MAX_VALUE;
            char kind = pattern.charAt(at++);
            if (kind == '+') {
                least = 1;
            } else if (kind == '?') {
                most = 1;
            } else if (kind == '{') {
                least = number(0);
                most = next(",") ? number(Integer.MAX_VALUE) : least;
                require(next("}") && least <= most, "a { that begins no number of repeats");
            }
            all = repeated(all, least, most);
            if (kind != '{' && next("+")) { // takes all it can and keeps it
                all = new Cost(all.fails, 0, all.scans, all.rigid, all.looks);
            } else if (next("?")) {
                all = new Cost(all.fails, all.loops, all.scans, false, all.looks);
            }
        }
        return all;
    }

    private static Cost repeated(Cost part, int least, int most) {
        require(most <= SHORT || part.scans == 0 && !part.looks, "its steps may grow faster than the text");
        int loops;
        if (most <= 1) {
            loops = part.loops;
        } else if (part.rigid && (most <= SHORT || least == most)) {
            loops = 0;
        } else {
            loops = part.rigid && part.fails ? 1 : 2;
        }
        return new Cost(
                least > 0 && part.fails,
                loops,
                part.scans * Math.min(most, SHORT),
                least == most && part.rigid,
                part.looks);
    }

    private int number(int otherwise) {
        int from = at;
        while (at < pattern.length() && Character.isDigit(pattern.charAt(at))) {
            at++;
        }
        require(at - from <= 3, "its repeats are too many");
        return at == from ? otherwise : Integer.parseInt(pattern.substring(from, at));
    }

    private Cost atom() {
        char c = pattern.charAt(at++);
        switch (c) {
            case '(' -> {
                return group();
            }
            case '[' -> characters();
            case '\\' -> {
                require(at < pattern.length(), "a \\ at its end");
                char escaped = pattern.charAt(at++);
                require("kgGKX0123456789".indexOf(escaped) < 0, "\\" + escaped);
                if (next("{")) {
                    at = pattern.indexOf('}', at) + 1;
                    require(at > 0, "a { without its }");
                }
                if (escaped == 'x' || escaped == 'u') { // digits of the character's number
                    while (at < pattern.length() && Character.digit(pattern.charAt(at), 16) >= 0) {
                        at++;
                    }
                }
            }
            default -> require("*+?".indexOf(c) < 0, "nothing to repeat before " + c);
        }
        return Cost.CHARACTER;
    }

    private Cost group() {
        if (!next("?")) {
            return closed(alternatives());
        }
        if (next("=") || next("!") || next("<=") || next("<!")) {
            Cost inside = closed(alternatives());
            return new Cost(true, 0, inside.scans, true, inside.looks || inside.loops > 0 || inside.scans > 0);
        }
        if (next(">")) {
            Cost inside = closed(alternatives());
            return new Cost(inside.fails, 0, inside.scans, inside.rigid, inside.looks);
        }
        if (next("<")) {
            at = pattern.indexOf('>', at) + 1;
            require(at > 0, "a group without the end of its name");
            return closed(alternatives());
        }
        while (next("i") || next("m") || next("-")) {
            // ignoring case and matching line ends change no cost
        }
        if (next(")")) {
            return Cost.NOTHING;
        }
        require(next(":"), "a group that begins with (? and what follows");
        return closed(alternatives());
    }

    private Cost closed(Cost inside) {
        require(next(")"), "a ( without its )");
        return inside;
    }

    private void characters() {
        int open = 1;
        boolean first = true;
        next("^");
        while (open > 0) {
            require(at < pattern.length(), "a [ without its ]");
            char c = pattern.charAt(at++);
            if (c == '\\') {
                at++;
            } else if (c == '[') {
                open++;
                next("^");
            } else if (c == ']' && !first) {
                open--;
            }
            first = false;
        }
    }

    private boolean next(String text) {
        boolean there = pattern.startsWith(text, at);
        at += there ? text.length() : 0;
        return there;
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
