package io.humpback.onnx.text;

import io.humpback.model.ModelException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What Python's {@code str} does where Java's String does something else, or nothing; chat templates rely on it. */
final class PythonStrings {

    private PythonStrings() {}

    /**
     * Calls a method of {@code str}.
     *
     * @param method its name in Python
     * @param arguments texts
     * @param limit characters that a result may have
     * @return the result: a text, a truth value or a list of texts
     */
    static Object call(String text, String method, List<String> arguments, int limit) {
        String first = arguments.isEmpty() ? null : arguments.get(0);
        String signature = method + "/" + arguments.size();
        return switch (signature) {
            case "strip/0", "strip/1" -> strip(text, first, true, true);
            case "lstrip/0", "lstrip/1" -> strip(text, first, true, false);
            case "rstrip/0", "rstrip/1" -> strip(text, first, false, true);
            case "startswith/1" -> text.startsWith(first);
            case "endswith/1" -> text.endsWith(first);
            case "upper/0" -> text.toUpperCase(Locale.ROOT);
            case "lower/0" -> text.toLowerCase(Locale.ROOT);
            case "split/1" -> split(text, first);
            case "replace/2" -> replace(text, first, arguments.get(1), limit);
            default ->
                throw new ModelException("chat template: the method " + method + " with " + arguments.size()
                        + " arguments is not supported on a text");
        };
    }

    /** {@return the text without white space, by Python's definition, at both ends} */
    static String strip(String text) {
        return strip(text, null, true, true);
    }

    /** {@return the text with every occurrence replaced} */
    static String replace(String text, String old, String by, int limit) {
        long occurrences = old.isEmpty() ? text.length() + 1L : split(text, old).size() - 1L;
        if (text.length() + occurrences * (by.length() - old.length()) > limit) {
            throw new ModelException("chat template: a text of more than " + limit + " characters");
        }
        return text.replace(old, by);
    }

    /** {@return the text without white space, or without the given characters, at the chosen ends} */
    static String strip(String text, @Nullable String characters, boolean left, boolean right) {
        int start = 0;
        int end = text.length();
        while (left && start < end && strips(text.charAt(start), characters)) {
            start++;
        }
        while (right && end > start && strips(text.charAt(end - 1), characters)) {
            end--;
        }
        return text.substring(start, end);
    }

    private static boolean strips(char c, @Nullable String characters) {
        return characters == null ? isSpace(c) : characters.indexOf(c) >= 0;
    }

    /** {@return whether {@code str.isspace} holds: white space and separators of Unicode, no-break spaces included} */
    private static boolean isSpace(char c) {
        return c >= '\t' && c <= '\r' || c >= 0x1C && c <= 0x1F || c == 0x85 || Character.isSpaceChar(c);
    }

    private static List<String> split(String text, String separator) {
        if (separator.isEmpty()) {
            throw new ModelException("chat template: split: expected a separator that is not empty");
        }
        List<String> parts = new ArrayList<>();
        int start = 0;
        for (int at; (at = text.indexOf(separator, start)) >= 0; start = at + separator.length()) {
            parts.add(text.substring(start, at));
        }
        parts.add(text.substring(start));
        return parts;
    }
}
