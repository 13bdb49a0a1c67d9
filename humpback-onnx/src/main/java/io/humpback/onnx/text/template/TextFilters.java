package io.humpback.onnx.text.template;

import io.humpback.onnx.text.python.Args;
import io.humpback.onnx.text.python.Arithmetic;
import io.humpback.onnx.text.python.Comparing;
import io.humpback.onnx.text.python.Dict;
import io.humpback.onnx.text.python.Printing;
import io.humpback.onnx.text.python.Rendering;
import io.humpback.onnx.text.python.Strings;
import io.humpback.onnx.text.python.TemplateError;
import io.humpback.onnx.text.python.Undefined;
import io.humpback.onnx.text.python.Values;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The filters of Jinja2 that take or make a text or a number. */
final class TextFilters {

    private TextFilters() {}

    static Map<String, Filters.Filter> all() {
        Map<String, Filters.Filter> all = new HashMap<>();
        Map<String, UnaryOperator<String>> plain = Map.of(
                "upper", Strings::upper,
                "lower", Strings::lower,
                "capitalize", Strings::capitalize,
                "title", TextFilters::title);
        plain.forEach((name, change) -> all.put(name, (rendering, value, args) -> {
            args.plain(name, 0, 0);
            return rendering.made(change.apply(Printing.text(rendering, value)));
        }));
        all.put(
                "abs",
                (rendering, value, args) -> value instanceof Double real
                        ? Math.abs(real)
                        : Comparing.holds(rendering, "<", value, 0L)
                                ? Arithmetic.signed("-", value)
                                : Arithmetic.signed("+", value));
        all.put("center", (rendering, value, args) -> {
            Object[] given = args.bind("center", 0, "width");
            int width = given[0] == null ? 80 : Values.small(given[0]);
            return Strings.center(rendering, Printing.text(rendering, value), width, " ");
        });
        all.put("e", TextFilters::escape);
        all.put("escape", TextFilters::escape);
        all.put(
                "forceescape",
                (rendering, value, args) ->
                        new Values.Markup(Arithmetic.escaped(rendering, Printing.text(rendering, value))));
        all.put("filesizeformat", TextFilters::fileSize);
        all.put("float", TextFilters::toFloat);
        all.put("format", (rendering, value, args) -> {
            if (!args.positional().isEmpty() && !args.named().isEmpty()) {
                throw new TemplateError("format: positional and named arguments at the same time");
            }
            Dict named = new Dict();
            args.named().forEach(named::put);
            Object values = args.named().isEmpty() ? new Values.Tuple(args.positional()) : named;
            return Arithmetic.apply(rendering, "%", Printing.text(rendering, value), values);
        });
        all.put("indent", TextFilters::indent);
        all.put("int", TextFilters::toInt);
        all.put("join", TextFilters::join);
        all.put("replace", (rendering, value, args) -> {
            Object[] given = args.bind("replace", 2, "old", "new", "count");
            int count = given[2] == null || given[2] == Values.NONE ? -1 : Values.small(given[2]);
            return Strings.replace(
                    rendering,
                    Printing.text(rendering, value),
                    Printing.text(rendering, given[0]),
                    Printing.text(rendering, given[1]),
                    count);
        });
        all.put("round", TextFilters::round);
        all.put("safe", (rendering, value, args) -> new Values.Markup(Printing.text(rendering, value)));
        all.put(
                "string",
                (rendering, value, args) -> value instanceof Values.Markup ? value : Printing.text(rendering, value));
        all.put("trim", (rendering, value, args) -> {
            Object[] given = args.bind("trim", 0, "chars");
            String text = Printing.text(rendering, value);
            rendering.read(text.length());
            boolean blanks = given[0] == null || given[0] == Values.NONE;
            return Strings.strip(rendering, text, blanks ? null : Filters.string(given[0]), true, true);
        });
        all.put("truncate", TextFilters::truncate);
        all.put("urlencode", TextFilters::urlEncode);
        all.put("wordcount", TextFilters::wordCount);
        return all;
    }

    private static Object escape(Rendering rendering, Object value, Args args) {
        return new Values.Markup(Arithmetic.escaped(rendering, value));
    }

    /** {@return the text with a capital behind each blank, hyphen and opening bracket} */
    private static String title(String text) {
        StringBuilder out = new StringBuilder();
        boolean inside = false;
        for (int c : text.codePoints().toArray()) {
            String character = Character.toString(c);
            boolean between = "-({[<".indexOf(c) >= 0 || Strings.isSpace(c);
            out.append(inside ? Strings.lower(character) : Strings.upper(character));
            inside = !between;
        }
        return out.toString();
    }

    private static Object join(Rendering rendering, Object value, Args args) {
        Object[] given = args.bind("join", 0, "d", "attribute");
        String separator = given[0] == null ? "" : Printing.text(rendering, given[0]);
        UnaryOperator<Object> getter = Filters.getter(rendering, given[1], null);
        StringBuilder out = new StringBuilder();
        Iterator<Object> items = Values.iterate(rendering, value);
        for (boolean first = true; items.hasNext(); first = false) {
            rendering.spend(1);
            rendering.write(out, first ? "" : separator);
            rendering.write(out, Printing.text(rendering, getter.apply(items.next())));
        }
        return out.toString();
    }

    private static Object indent(Rendering rendering, Object value, Args args) {
        Object[] given = args.bind("indent", 0, "width", "first", "blank");
        int width = given[0] == null || given[0] instanceof String ? 4 : Values.small(given[0]);
        rendering.text(Math.max(0, width));
        String indention = given[0] instanceof String text ? text : " ".repeat(Math.max(0, width));
        String text = Filters.string(value);
        List<Object> lines = Strings.lines(rendering, text + "\n", false);
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < lines.size(); i++) {
            String line = (String) lines.get(i);
            boolean indented = i == 0 ? Filters.truth(given[1]) : Filters.truth(given[2]) || !line.isEmpty();
            rendering.write(out, (i == 0 ? "" : "\n"));
            rendering.write(out, indented ? indention : "");
            rendering.write(out, line);
        }
        return out.toString();
    }

    private static Object truncate(Rendering rendering, Object value, Args args) {
        Object[] given = args.bind("truncate", 0, "length", "killwords", "end", "leeway");
        int length = given[0] == null ? 255 : Values.small(given[0]);
        String end = given[2] == null ? "..." : Filters.string(given[2]);
        int leeway = given[3] == null || given[3] == Values.NONE ? 5 : Values.small(given[3]);
        int keep = length - Values.length(end);
        if (keep < 0 || leeway < 0) {
            throw new TemplateError("truncate: length " + length + " is too small, or leeway " + leeway);
        }
        int found = Values.length(value);
        if (found >= 0 && found <= (long) length + leeway) {
            return value;
        }
        String text = Filters.string(value);
        String cut = text.substring(0, text.offsetByCodePoints(0, keep));
        int blank = Filters.truth(given[1]) ? -1 : cut.lastIndexOf(' ');
        return (blank < 0 ? cut : cut.substring(0, blank)) + end;
    }

    private static Object wordCount(Rendering rendering, Object value, Args args) {
        String text = Printing.text(rendering, value);
        rendering.read(text.length());
        long words = 0;
        boolean inside = false;
        for (int c : text.codePoints().toArray()) {
            boolean word = Strings.isWord(c);
            words += word && !inside ? 1 : 0;
            inside = word;
        }
        return words;
    }

    private static Object urlEncode(Rendering rendering, Object value, Args args) {
        if (value instanceof String || Values.iterator(rendering, value) == null) {
            return quoted(rendering, Printing.text(rendering, value), false);
        }
        List<String> parts = new ArrayList<>();
        for (Object pair : value instanceof Dict dict ? dict.items() : Values.list(rendering, value)) {
            List<Object> both = Values.list(rendering, pair);
            if (both.size() != 2) {
                throw new TemplateError("urlencode: expected pairs");
            }
            parts.add(quoted(rendering, Printing.text(rendering, both.get(0)), true) + "="
                    + quoted(rendering, Printing.text(rendering, both.get(1)), true));
        }
        return String.join("&", parts);
    }

    private static String quoted(Rendering rendering, String text, boolean query) {
        rendering.text(9L * text.length());
        StringBuilder out = new StringBuilder();
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xFF);
            boolean safe = c < 0x80 && (Character.isLetterOrDigit(c) || "_.-~".indexOf(c) >= 0) || c == '/' && !query;
            out.append(safe ? String.valueOf(c) : c == ' ' && query ? "+" : String.format("%%%02X", (int) c));
        }
        return out.toString();
    }

    private static Object fileSize(Rendering rendering, Object value, Args args) {
        boolean binary = Filters.truth(args.bind("filesizeformat", 0, "binary")[0]);
        double bytes = real(value);
        double base = binary ? 1024 : 1000;
        if (bytes < base) {
            return bytes == 1 ? "1 Byte" : (long) bytes + " Bytes";
        }
        double unit = base;
        int prefix = 0;
        while (bytes >= unit * base && prefix < 7) {
            unit *= base;
            prefix++;
        }
        String number =
                new BigDecimal(bytes / unit).setScale(1, RoundingMode.HALF_EVEN).toPlainString();
        return number + " " + (binary ? "KMGTPEZY" : "kMGTPEZY").charAt(prefix) + (binary ? "iB" : "B");
    }

    private static double real(Object value) {
        Double real = value instanceof String text ? parsed(text) : null;
        if (real == null && !Comparing.isNumber(value)) {
            throw new TemplateError("expected a number, found " + Values.type(value));
        }
        return real == null ? Arithmetic.real(value) : real;
    }

    private static @Nullable Double parsed(String text) {
        String digits = Strings.strip(text, null, true, true).replaceAll("(?<=\\d)_(?=\\d)", "");
        if (digits.matches("[-+]?(?i:inf|infinity)")) {
            return digits.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
        }
        if (digits.matches("[-+]?(?i:nan)")) {
            return Double.NaN;
        }
        return digits.matches("[-+]?(?:\\d++\\.?\\d*+|\\.\\d++)(?:[eE][-+]?\\d++)?") ? Double.valueOf(digits) : null;
    }

    private static Object toFloat(Rendering rendering, Object value, Args args) {
        Object otherwise = args.bind("float", 0, "default")[0];
        Object found = number(rendering, value);
        return found == null ? (otherwise == null ? (Object) 0.0 : otherwise) : found;
    }

    /** {@return the float that a value is or is written as, null if it is none} */
    private static @Nullable Double number(Rendering rendering, Object value) {
        if (value instanceof Undefined undefined) {
            throw undefined.failure();
        }
        if (value instanceof String text) {
            rendering.read(text.length());
            return parsed(text);
        }
        return Comparing.isNumber(value) ? (Double) Arithmetic.real(value) : null;
    }

    private static Object toInt(Rendering rendering, Object value, Args args) {
        Object[] given = args.bind("int", 0, "default", "base");
        Object otherwise = given[0] == null ? (Object) 0L : given[0];
        if (Values.isInteger(value)) {
            return Arithmetic.signed("+", value);
        }
        if (value instanceof String text) {
            BigInteger whole = whole(text, given[1] == null ? 10 : Values.small(given[1]));
            if (whole != null) {
                return Values.integer(whole);
            }
        }
        Double real = number(rendering, value);
        return real == null || real.isNaN() || real.isInfinite()
                ? otherwise
                : Values.integer(new BigDecimal(real).toBigInteger());
    }

    private static @Nullable BigInteger whole(String text, int base) {
        String digits = Strings.strip(text, null, true, true);
        boolean negative = digits.startsWith("-");
        digits = negative || digits.startsWith("+") ? digits.substring(1) : digits;
        String prefix = base == 2 ? "0b" : base == 8 ? "0o" : base == 16 ? "0x" : "";
        if (!prefix.isEmpty() && Strings.lower(digits).startsWith(prefix)) {
            digits = digits.substring(2).replaceFirst("^_", "");
        }
        if (!digits.matches("[0-9a-zA-Z]++(?:_[0-9a-zA-Z]++)*+") || digits.length() > 4300 || base < 2 || base > 36) {
            return null;
        }
        try {
            BigInteger whole = new BigInteger(digits.replace("_", ""), base);
            return negative ? whole.negate() : whole;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static Object round(Rendering rendering, Object value, Args args) {
        Object[] given = args.bind("round", 0, "precision", "method");
        int precision = given[0] == null ? 0 : Values.small(given[0]);
        String method = given[1] == null ? "common" : Filters.string(given[1]);
        if (!List.of("common", "ceil", "floor").contains(method) || Math.abs(precision) > 400) {
            throw new TemplateError("round: a precision or method that is not known");
        }
        if (!(value instanceof Double) && !Values.isInteger(value)) {
            throw new TemplateError("round: expected a number, found " + Values.type(value));
        }
        if (!method.equals("common")) {
            Object factor = Arithmetic.apply(rendering, "**", 10L, (long) precision);
            Object scaled = Arithmetic.apply(rendering, "*", value, factor);
            Object whole = scaled;
            if (scaled instanceof Double real) {
                RoundingMode mode = method.equals("ceil") ? RoundingMode.CEILING : RoundingMode.FLOOR;
                whole = Values.integer(new BigDecimal(real).setScale(0, mode).toBigInteger());
            }
            return Arithmetic.apply(rendering, "/", whole, factor);
        }
        if (value instanceof Double real) {
            return real.isNaN() || real.isInfinite()
                    ? real
                    : (Object) new BigDecimal(real)
                            .setScale(precision, RoundingMode.HALF_EVEN)
                            .doubleValue();
        }
        Object whole = Arithmetic.signed("+", value);
        return precision >= 0
                ? whole
                : Values.integer(new BigDecimal(whole.toString())
                        .setScale(precision, RoundingMode.HALF_EVEN)
                        .toBigInteger());
    }
}
