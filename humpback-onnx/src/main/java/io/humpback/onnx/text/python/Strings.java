package io.humpback.onnx.text.python;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What Python's {@code str} does where Java's String does something else, or nothing. */
public final class Strings {

    /** Characters that are changed at once. */
    private static final int PART = 256;

    private Strings() {}

    /** {@return the text without white space, or without the given characters, at the chosen ends} */
    public static String strip(String text, @Nullable String characters, boolean left, boolean right) {
        int start = 0;
        int end = text.length();
        while (left && start < end && strips(text.codePointAt(start), characters)) {
            start += Character.charCount(text.codePointAt(start));
        }
        while (right && end > start && strips(text.codePointBefore(end), characters)) {
            end -= Character.charCount(text.codePointBefore(end));
        }
        return text.substring(start, end);
    }

    /** {@return the text without some characters at its ends, counted} */
    public static String strip(
            Rendering rendering, String text, @Nullable String characters, boolean left, boolean right) {
        rendering.spend(characters == null ? 0 : (long) text.length() * characters.length() / 1024);
        return strip(text, characters, left, right);
    }

    private static boolean strips(int c, @Nullable String characters) {
        return characters == null ? isSpace(c) : characters.indexOf(c) >= 0;
    }

    /** {@return whether {@code str.isspace} holds: white space and separators of Unicode, no-break spaces included} */
    public static boolean isSpace(int c) {
        return c >= '\t' && c <= '\r' || c >= 0x1C && c <= 0x1F || c == 0x85 || Character.isSpaceChar(c);
    }

    static boolean isPrintable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED -> false;
            default -> c == ' ' || !Character.isSpaceChar(c);
        };
    }

    /** {@return whether {@code str.isdigit} holds, also for digits that are raised or in a circle} */
    static boolean isDigit(int c) {
        return Character.isDigit(c)
                || Character.getType(c) == Character.OTHER_NUMBER
                        && Character.getNumericValue(c) >= 0
                        && Character.getNumericValue(c) <= 9;
    }

    static boolean isNumeric(int c) {
        return Character.isDigit(c)
                || Character.getType(c) == Character.OTHER_NUMBER
                || Character.getType(c) == Character.LETTER_NUMBER;
    }

    /** {@return whether a character belongs to a word, as {@code \w} of Python's regular expressions has it} */
    public static boolean isWord(int c) {
        return c == '_' || Character.isLetter(c) || isNumeric(c);
    }

    private static boolean isCased(int c) {
        return Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
    }

    /** {@return whether there are characters and the condition holds for all of them} */
    static boolean all(String text, IntPredicate condition) {
        return !text.isEmpty() && text.codePoints().allMatch(condition);
    }

    /** {@return whether the text has letters of the case and none of the other} */
    public static boolean isCase(String text, boolean upper) {
        return text.codePoints().anyMatch(Strings::isCased)
                && text.codePoints()
                        .noneMatch(c -> Character.isTitleCase(c)
                                || (upper ? Character.isLowerCase(c) : Character.isUpperCase(c)));
    }

    static boolean isTitle(String text) {
        boolean cased = false;
        boolean any = false;
        for (int c : text.codePoints().toArray()) {
            if (Character.isUpperCase(c) || Character.isTitleCase(c) ? cased : Character.isLowerCase(c) && !cased) {
                return false;
            }
            cased = isCased(c);
            any |= cased;
        }
        return any;
    }

    public static String upper(String text) {
        return inParts(text, part -> part.toUpperCase(Locale.ROOT));
    }

    public static String lower(String text) {
        return inParts(text, part -> part.toLowerCase(Locale.ROOT));
    }

    /**
     * Changes a long text part by part, as Java copies all of a text for each character that becomes several. Parts end
     * behind a blank where there is one, since the small form of a letter may depend on its neighbours.
     */
    private static String inParts(String text, UnaryOperator<String> change) {
        if (text.length() <= PART) {
            return change.apply(text);
        }
        StringBuilder out = new StringBuilder(text.length());
        for (int start = 0, end; start < text.length(); start = end) {
            end = end(text, start);
            out.append(change.apply(text.substring(start, end)));
        }
        return out.toString();
    }

    private static int end(String text, int start) {
        int most = start + PART;
        if (most >= text.length()) {
            return text.length();
        }
        for (int end = most; end > start; end--) {
            if (text.charAt(end - 1) == ' ') {
                return end;
            }
        }
        return Character.isLowSurrogate(text.charAt(most)) ? most - 1 : most;
    }

    /** {@return the text with the first character in title case and the others in lower case} */
    public static String capitalize(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int first = text.offsetByCodePoints(0, 1);
        return titleCase(text.substring(0, first))
                + lower(text).substring(lower(text.substring(0, first)).length());
    }

    private static String titleCase(String character) {
        int c = character.codePointAt(0);
        int title = Character.toTitleCase(c);
        String upper = upper(character);
        // a letter of which capitals are several, such as a sharp s, has the first as its title case
        return title != c || upper.length() == character.length()
                ? Character.toString(title)
                : upper.charAt(0) + lower(upper.substring(1));
    }

    static String title(String text) {
        StringBuilder out = new StringBuilder();
        boolean cased = false;
        for (int c : text.codePoints().toArray()) {
            String character = Character.toString(c);
            out.append(cased ? lower(character) : titleCase(character));
            cased = isCased(c);
        }
        return out.toString();
    }

    static String swapCase(String text) {
        StringBuilder out = new StringBuilder();
        text.codePoints()
                .mapToObj(Character::toString)
                .forEach(c -> out.append(Character.isUpperCase(c.codePointAt(0)) ? lower(c) : upper(c)));
        return out.toString();
    }

    /** {@return the text in a field, at its left end, its right end or between} */
    static String padded(Rendering rendering, String text, int width, String fill, int left) {
        int count = text.codePointCount(0, text.length());
        if (width <= count) {
            return text;
        }
        int pad = width - count;
        rendering.text((long) width + text.length());
        // where the pad is odd, str.center gives the rest to the left in fields of odd width
        int before = left >= 0 ? (left == 0 ? 0 : pad) : pad / 2 + (pad & width & 1);
        return fill.repeat(before) + text + fill.repeat(pad - before);
    }

    /** {@return the text in the middle of a field} */
    public static String center(Rendering rendering, String text, int width, String fill) {
        return padded(rendering, text, width, fill, -1);
    }

    /** {@return the text with the first occurrences replaced; all where their number is negative} */
    public static String replace(Rendering rendering, String text, String old, String by, int count) {
        rendering.search(text, old);
        List<Integer> places = new ArrayList<>();
        for (int at = 0; at <= text.length() && (count < 0 || places.size() < count); ) {
            at = text.indexOf(old, at);
            if (at < 0) {
                break;
            }
            places.add(at);
            at += old.isEmpty() ? (at < text.length() ? Character.charCount(text.codePointAt(at)) : 1) : old.length();
        }
        rendering.spend(places.size());
        rendering.text(text.length() + (long) places.size() * (by.length() - old.length()));
        StringBuilder out = new StringBuilder();
        int start = 0;
        for (int at : places) {
            out.append(text, start, at).append(by);
            start = at + old.length();
        }
        return out.append(text, start, text.length()).toString();
    }

    /** {@return the pieces between the first separators, of which there are at most so many} */
    static List<Object> split(Rendering rendering, String text, String separator, int most) {
        if (separator.isEmpty()) {
            throw new TemplateError("empty separator");
        }
        rendering.search(text, separator);
        List<Object> parts = new ArrayList<>();
        int start = 0;
        for (int at;
                parts.size() != most && (at = text.indexOf(separator, start)) >= 0;
                start = at + separator.length()) {
            rendering.item(parts.size());
            parts.add(text.substring(start, at));
        }
        parts.add(text.substring(start));
        return parts;
    }

    /** {@return the pieces between the last separators} */
    static List<Object> splitRight(Rendering rendering, String text, String separator, int most) {
        if (separator.isEmpty()) {
            throw new TemplateError("empty separator");
        }
        rendering.search(text, separator);
        List<Object> parts = new ArrayList<>();
        int end = text.length();
        for (int at;
                parts.size() != most && (at = text.lastIndexOf(separator, end - separator.length())) >= 0;
                end = at) {
            rendering.item(parts.size());
            parts.add(text.substring(at + separator.length(), end));
        }
        parts.add(text.substring(0, end));
        Collections.reverse(parts);
        return parts;
    }

    /** {@return the words between white space; behind so many cuts, from the right if asked for, the rest is one} */
    static List<Object> words(Rendering rendering, String text, int most, boolean right) {
        rendering.read(text.length());
        List<Object> words = new ArrayList<>();
        int step = right ? -1 : 1;
        // the rest of the text is what lies from one to the other, in the direction of reading
        int from = right ? text.length() - 1 : 0;
        int end = right ? -1 : text.length();
        while (true) {
            from = next(text, from, end, step, false);
            if (from == end) {
                break;
            }
            int to = words.size() == most ? end : next(text, from, end, step, true);
            rendering.item(words.size());
            words.add(right ? text.substring(to + 1, from + 1) : text.substring(from, to));
            from = to;
        }
        if (right) {
            Collections.reverse(words);
        }
        return words;
    }

    /** {@return the next place, which is the end or where there is white space, or where there is none} */
    private static int next(String text, int from, int end, int step, boolean space) {
        int at = from;
        while (at != end && isSpace(text.charAt(at)) != space) {
            at += step;
        }
        return at;
    }

    /** {@return the lines, with their ends if asked for} */
    public static List<Object> lines(Rendering rendering, String text, boolean ends) {
        rendering.read(text.length());
        List<Object> lines = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if ("\n\r\u000b\f\u001c\u001d\u001e\u0085\u2028\u2029".indexOf(c) >= 0) {
                int next = c == '\r' && i + 1 < text.length() && text.charAt(i + 1) == '\n' ? i + 2 : i + 1;
                rendering.item(lines.size());
                lines.add(text.substring(start, ends ? next : i));
                start = next;
                i = next - 1;
            }
        }
        if (start < text.length()) {
            lines.add(text.substring(start));
        }
        return lines;
    }
}
