package io.humpback.onnx.peft;

import io.humpback.onnx.checkpoint.Refusal;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A regular expression from a stranger, matched without backtracking: every part of it maps the set of places where it may
 * begin to the set of places where it may end, so that time grows with the product of the two lengths and no expression
 * can be made to take forever. Has what names of modules are matched with: characters, classes, {@code . ^ $ \b}, groups,
 * alternatives and repeats. Anything else, such as looking ahead, is refused.
 */
final class ModulePattern {

    private static final int MAX_LENGTH = 4096;

    /** Repeats of repeats multiply the work. */
    private static final int MAX_DEPTH = 8;

    private static final int MAX_REPEATS = 1000;

    /** A part of the expression. */
    private interface Part {
        /**
         * {@return where it may end}
         *
         * @param name the text
         * @param starts where it may begin
         */
        BitSet ends(String name, BitSet starts);
    }

    private final String expression;
    private int at;
    private int depth;

    private ModulePattern(String expression) {
        this.expression = expression;
    }

    /**
     * {@return whether an expression matches all of a name}
     *
     * @throws IllegalArgumentException if the expression is not understood; the message says where
     */
    static boolean matches(String expression, String name) {
        ModulePattern pattern = new ModulePattern(expression);
        pattern.require(expression.length() <= MAX_LENGTH, "more than " + MAX_LENGTH + " characters");
        Part all = pattern.alternatives();
        pattern.require(pattern.at == expression.length(), "a group ends that did not begin");
        BitSet start = new BitSet();
        start.set(0);
        return all.ends(name, start).get(name.length());
    }

    private Part alternatives() {
        require(++depth <= MAX_DEPTH, "groups nested deeper than " + MAX_DEPTH);
        List<Part> parts = new ArrayList<>(List.of(sequence()));
        while (next('|')) {
            parts.add(sequence());
        }
        depth--;
        return (name, starts) -> {
            BitSet ends = new BitSet();
            parts.forEach(part -> ends.or(part.ends(name, starts)));
            return ends;
        };
    }

    private Part sequence() {
        List<Part> parts = new ArrayList<>();
        while (at < expression.length() && expression.charAt(at) != '|' && expression.charAt(at) != ')') {
            parts.add(repeated(atom()));
        }
        return (name, starts) -> {
            BitSet places = starts;
            for (Part part : parts) {
                places = part.ends(name, places);
            }
            return places;
        };
    }

    private Part repeated(Part part) {
        int min;
        int max;
        if (next('*')) {
            min = 0;
            max = MAX_REPEATS;
        } else if (next('+')) {
            min = 1;
            max = MAX_REPEATS;
        } else if (next('?')) {
            min = 0;
            max = 1;
        } else if (next('{')) {
            int end = expression.indexOf('}', at);
            String counts = end < 0 ? "" : expression.substring(at, end);
            require(counts.matches("\\d{1,3}(,\\d{0,3})?"), "a repeat that is no {n}, {n,} or {n,m}");
            String[] both = counts.split(",", -1);
            min = Integer.parseInt(both[0]);
            max = both.length == 1 ? min : both[1].isEmpty() ? MAX_REPEATS : Integer.parseInt(both[1]);
            at = end + 1;
        } else {
            return part;
        }
        if (at < expression.length()) {
            next('?'); // a lazy repeat matches the same names
            require(at == expression.length() || "*+{".indexOf(expression.charAt(at)) < 0, "a repeat of a repeat");
        }
        return (name, starts) -> {
            BitSet places = starts;
            BitSet ends = min == 0 ? (BitSet) starts.clone() : new BitSet();
            // places only move on, so that they are gone or do not change any more after as many times as there are
            // places
            for (int times = 1; times <= max && !places.isEmpty(); times++) {
                BitSet more = part.ends(name, places);
                boolean same = more.equals(places);
                places = more;
                if (times >= min || same) {
                    ends.or(places);
                }
                if (same) {
                    break;
                }
            }
            return ends;
        };
    }

    private Part atom() {
        int start = at;
        char first = expression.charAt(at++);
        switch (first) {
            case '(' -> {
                if (next('?')) {
                    require(next(':'), "a group of a kind that is not supported");
                }
                Part group = alternatives();
                require(next(')'), "a group that does not end");
                return group;
            }
            case '^' -> {
                return zeroWidth((name, place) -> place == 0);
            }
            case '$' -> {
                return zeroWidth((name, place) -> place == name.length());
            }
            case '[' -> {
                next('^');
                next(']');
                while (at < expression.length() && expression.charAt(at) != ']') {
                    require(expression.charAt(at) != '[' && expression.charAt(at) != '&', "a class within a class");
                    at += expression.charAt(at) == '\\' ? 2 : 1;
                }
                require(at < expression.length(), "a class that does not end");
                at++;
            }
            case '\\' -> {
                require(at < expression.length(), "an escape of nothing");
                char escaped = expression.charAt(at++);
                if (escaped == 'b') {
                    return zeroWidth((name, place) -> word(name, place - 1) != word(name, place));
                }
                require("dDwWsS".indexOf(escaped) >= 0 || !word("" + escaped, 0), "an escape that is not supported");
            }
            default -> require("*+?{".indexOf(first) < 0, "a repeat of nothing");
        }
        String atom = expression.substring(start, at).replaceFirst("^\\[(\\^?)]", "[$1\\\\]");
        try {
            Pattern one = Pattern.compile(atom.equals("}") || atom.equals("]") ? "\\" + atom : atom);
            return (name, starts) -> {
                BitSet ends = new BitSet();
                starts.stream()
                        .filter(place -> place < name.length()
                                && one.matcher(name.substring(place, place + 1)).matches())
                        .forEach(place -> ends.set(place + 1));
                return ends;
            };
        } catch (PatternSyntaxException e) {
            at = start;
            require(false, e.getDescription());
            throw e;
        }
    }

    private interface Place {
        boolean holds(String name, int place);
    }

    private static Part zeroWidth(Place condition) {
        return (name, starts) -> {
            BitSet ends = new BitSet();
            starts.stream().filter(place -> condition.holds(name, place)).forEach(ends::set);
            return ends;
        };
    }

    private static boolean word(String name, int place) {
        return place >= 0
                && place < name.length()
                && (Character.isLetterOrDigit(name.charAt(place)) || name.charAt(place) == '_');
    }

    private boolean next(char expected) {
        boolean found = at < expression.length() && expression.charAt(at) == expected;
        at += found ? 1 : 0;
        return found;
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(
                    "regular expression " + Refusal.shown(expression) + ", at " + at + ": " + otherwise);
        }
    }
}
