package io.humpback.onnx.peft;

import io.humpback.onnx.checkpoint.Refusal;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntPredicate;

/**
 * Matches names of modules with a regular expression from an untrusted file, as Python's {@code re.fullmatch} does, with
 * which PEFT matches. Look-ahead and look-behind are understood; backreferences, flags and possessive repeats are refused.
 *
 * <p>Each part of the expression tells at which places of the name it can end when it starts at a given one, and is asked
 * for each place once. So the time grows with the length of the expression and the square of the name's, whatever the expression.
 */
final class ModulePattern {

    private static final int MAX_LENGTH = 4096;

    private static final int MAX_REPEATS = 10_000;

    /** Groups inside one another. */
    private static final int MAX_DEPTH = 100;

    private final String expression;
    private final String name;
    private int at;
    private int depth;

    private ModulePattern(String expression, String name) {
        this.expression = expression;
        this.name = name;
    }

    /**
     * {@return whether an expression matches all of a name}
     *
     * @throws IllegalArgumentException if the expression is not understood; the message says why
     */
    static boolean matches(String expression, String name) {
        ModulePattern pattern = new ModulePattern(expression, name);
        pattern.require(expression.length() <= MAX_LENGTH, "more than " + MAX_LENGTH + " characters");
        Part whole = pattern.alternatives();
        pattern.require(pattern.at == expression.length(), "a ) without its (");
        return whole.ends(0).get(name.length());
    }

    /** A part of the expression. */
    private interface Part {
        /** {@return the places of the name where it can end if it starts at a place} */
        BitSet ends(int start);

        /** {@return this, asked for each place only once} */
        default Part once() {
            Map<Integer, BitSet> known = new HashMap<>();
            return start -> {
                BitSet ends = known.get(start);
                if (ends == null) {
                    ends = ends(start);
                    known.put(start, ends);
                }
                return ends;
            };
        }

        /** {@return the places where it can end if it starts at one of some} */
        default BitSet ends(BitSet starts) {
            BitSet ends = new BitSet();
            starts.stream().forEach(start -> ends.or(ends(start)));
            return ends;
        }
    }

    private static BitSet place(int place) {
        BitSet set = new BitSet();
        set.set(place);
        return set;
    }

    private static Part where(IntPredicate condition) {
        return start -> condition.test(start) ? place(start) : new BitSet();
    }

    private Part alternatives() {
        Part all = sequence();
        while (next("|")) {
            Part one = all;
            Part other = sequence();
            all = start -> {
                BitSet ends = (BitSet) one.ends(start).clone();
                ends.or(other.ends(start));
                return ends;
            };
        }
        return all.once();
    }

    private Part sequence() {
        Part all = where(start -> true);
        while (at < expression.length() && "|)".indexOf(expression.charAt(at)) < 0) {
            Part before = all;
            Part part = repeated(atom());
            all = start -> part.ends(before.ends(start));
            all = all.once();
        }
        return all;
    }

    private Part repeated(Part part) {
        int least;
        int most = Integer.MAX_VALUE;
        if (next("*")) {
            least = 0;
        } else if (next("+")) {
            least = 1;
        } else if (next("?")) {
            least = 0;
            most = 1;
        } else if (next("{")) {
            least = number();
            most = !next(",") ? least : expression.startsWith("}", at) ? Integer.MAX_VALUE : number();
            require(next("}") && least <= most, "a { that begins no number of repeats is not supported");
        } else {
            return part;
        }
        next("?"); // what is found first does not matter where all of the name has to match
        require(at == expression.length() || "*+?{".indexOf(expression.charAt(at)) < 0, "a repeat of a repeat");
        int atLeast = least;
        int atMost = most;
        Part repeated = start -> {
            BitSet ends = place(start);
            int times = 0;
            for (; times < atLeast; times++) {
                ends = part.ends(ends);
            }
            BitSet all = (BitSet) ends.clone();
            for (; times < atMost && !ends.isEmpty(); times++) {
                ends = part.ends(ends);
                ends.andNot(all);
                all.or(ends);
            }
            return all;
        };
        return repeated.once();
    }

    private int number() {
        int from = at;
        while (at < expression.length() && isDigit(expression.charAt(at))) {
            at++;
        }
        require(at > from, "a { that begins no number of repeats is not supported");
        int number = at - from > 6 ? MAX_REPEATS + 1 : Integer.parseInt(expression.substring(from, at));
        require(number <= MAX_REPEATS, "its repeats are too many");
        return number;
    }

    private Part atom() {
        char c = expression.charAt(at++);
        switch (c) {
            case '(':
                return group();
            case '[':
                return one(characters());
            case '.':
                return one(found -> found != '\n');
            case '^':
                return where(start -> start == 0);
            case '$':
                return where(start -> start == name.length());
            case '\\':
                return escaped();
            case '*', '+', '?', '{':
                throw refusal("nothing to repeat before " + c);
            default:
                return one(found -> found == c);
        }
    }

    private Part one(IntPredicate accepted) {
        return start -> start < name.length() && accepted.test(name.charAt(start)) ? place(start + 1) : new BitSet();
    }

    private Part group() {
        boolean ahead = next("?=");
        boolean notAhead = !ahead && next("?!");
        boolean behind = next("?<=");
        boolean notBehind = !behind && next("?<!");
        if (!ahead && !notAhead && !behind && !notBehind && !next("?:") && next("?P<")) {
            require(expression.indexOf('>', at) > 0, "a group without the end of its name");
            at = expression.indexOf('>', at) + 1;
        }
        require(!expression.startsWith("?", at), "a group that begins with (? and what follows is not supported");
        require(++depth <= MAX_DEPTH, "more than " + MAX_DEPTH + " groups inside one another");
        Part inside = alternatives();
        depth--;
        require(next(")"), "a ( without its )");
        if (ahead || notAhead) {
            return where(start -> inside.ends(start).isEmpty() == notAhead);
        }
        if (behind || notBehind) {
            return where(start -> {
                boolean found = false;
                for (int from = 0; from <= start && !found; from++) {
                    found = inside.ends(from).get(start);
                }
                return found == behind;
            });
        }
        return inside;
    }

    private Part escaped() {
        require(at < expression.length(), "a \\ at its end");
        char c = expression.charAt(at);
        if (c == 'b' || c == 'B') {
            at++;
            return where(start -> (isWord(start - 1) != isWord(start)) == (c == 'b'));
        }
        return one(escape());
    }

    private boolean isWord(int place) {
        return place >= 0 && place < name.length() && isWordCharacter(name.charAt(place));
    }

    private static boolean isWordCharacter(int c) {
        return Character.isLetterOrDigit(c) || c == '_';
    }

    private static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    /** {@return what the escape of a character or a class behind a backslash accepts} */
    private IntPredicate escape() {
        char c = expression.charAt(at++);
        return switch (c) {
            case 'd' -> Character::isDigit;
            case 'D' -> found -> !Character.isDigit(found);
            case 'w' -> ModulePattern::isWordCharacter;
            case 'W' -> found -> !isWordCharacter(found);
            case 's' -> Character::isWhitespace;
            case 'S' -> found -> !Character.isWhitespace(found);
            default -> {
                require(!isDigit(c) && !Character.isLetter(c), "\\" + c + " is not supported");
                yield found -> found == c;
            }
        };
    }

    private IntPredicate characters() {
        boolean not = next("^");
        IntPredicate all = found -> false;
        for (boolean first = true; first || !expression.startsWith("]", at); first = false) {
            require(at < expression.length(), "a [ without its ]");
            require(
                    !expression.startsWith("&&", at) && !expression.startsWith("[:", at),
                    "a set of sets of characters is not supported");
            char from = expression.charAt(at++);
            boolean escape = from == '\\';
            require(!escape || at < expression.length(), "a \\ at its end");
            if (escape) {
                from = expression.charAt(at);
            }
            IntPredicate single = escape ? escape() : equal(from);
            boolean range = expression.startsWith("-", at) && !expression.startsWith("-]", at);
            if (range) {
                char low = from;
                at++;
                require(at < expression.length(), "a [ without its ]");
                char high = expression.charAt(at++);
                require(
                        low <= high && high != '\\' && !(escape && Character.isLetter(low)),
                        "a range of characters that is none");
                single = found -> found >= low && found <= high;
            }
            all = all.or(single);
        }
        at++;
        return not ? all.negate() : all;
    }

    private static IntPredicate equal(char c) {
        return found -> found == c;
    }

    private boolean next(String text) {
        boolean there = expression.startsWith(text, at);
        at += there ? text.length() : 0;
        return there;
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) {
            throw refusal(otherwise);
        }
    }

    private IllegalArgumentException refusal(String why) {
        return new IllegalArgumentException("regular expression " + Refusal.shown(expression) + ": " + why);
    }
}
