package io.humpback.onnx.text.python;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Texts with places for values: Python's {@code %} and {@code str.format}. */
final class Formats {

    /** Width and precision. */
    private static final int MAX_SIZE = 10_000;

    private static final Pattern PERCENT = Pattern.compile(
            "%(?:\\(([^()]*)\\))?([-#0 +]*)(\\*|\\d{0,9})(?:\\.(\\*|\\d{0,9}))?[hlL]?(.)", Pattern.DOTALL);

    private static final Pattern SPEC = Pattern.compile(
            "(?:(.)?([<>=^]))?([-+ ])?(#)?(0)?(\\d{1,9})?([,_])?(?:\\.(\\d{1,9}))?(.)?", Pattern.DOTALL);

    private static final Pattern NAME = Pattern.compile("[^.\\[!:]*+");

    private static final Pattern STEP = Pattern.compile("\\.([^.\\[!:]+)|\\[([^\\]]+)\\]");

    private Formats() {}

    /**
     * How a value is laid out.
     *
     * @param align one of &lt; &gt; = ^, a blank where it is the type's own
     * @param sign what stands before a number that is not negative: nothing for -
     * @param grouping what stands between thousands, a blank for nothing
     * @param precision -1 for none
     * @param type the letter, a blank for none
     */
    private record Layout(
            String fill,
            char align,
            char sign,
            boolean alternate,
            int width,
            char grouping,
            int precision,
            char type) {}

    /** {@return format % values} */
    static String percent(Rendering rendering, String format, Object values) {
        rendering.read(format.length());
        StringBuilder out = new StringBuilder();
        List<Object> items = values instanceof Values.Tuple tuple ? tuple.items() : List.of(values);
        Matcher place = PERCENT.matcher(format);
        int next = 0;
        int start = 0;
        for (int at; (at = format.indexOf('%', start)) >= 0; start = place.end()) {
            rendering.write(out, format.substring(start, at));
            if (!place.region(at, format.length()).lookingAt()) {
                throw new TemplateError("incomplete format");
            }
            char type = place.group(5).charAt(0);
            if (type == '%') {
                rendering.write(out, "%");
                continue;
            }
            int width = place.group(3).equals("*") ? Values.small(taken(items, next++)) : size(place.group(3), 0);
            int precision = "*".equals(place.group(4))
                    ? Values.small(taken(items, next++))
                    : place.group(4) == null ? -1 : size(place.group(4), 0);
            Object value;
            if (place.group(1) == null) {
                value = taken(items, next++);
            } else if (values instanceof Dict dict) {
                value = dict.get(rendering, place.group(1));
                next = items.size();
            } else {
                throw new TemplateError("format requires a mapping");
            }
            if (value == null) {
                throw new TemplateError("no value for '" + place.group(1) + "'");
            }
            rendering.write(out, one(rendering, value, place.group(2), width, precision, type));
        }
        boolean all = values instanceof Values.Tuple || values instanceof String || Comparing.isNumber(values);
        if (next < items.size() && (all || values == Values.NONE)) {
            throw new TemplateError("not all arguments converted during string formatting");
        }
        rendering.write(out, format.substring(start));
        return out.toString();
    }

    private static Object taken(List<Object> items, int index) {
        if (index >= items.size()) {
            throw new TemplateError("not enough arguments for format string");
        }
        return items.get(index);
    }

    private static int size(@Nullable String digits, int otherwise) {
        int size = digits == null || digits.isEmpty() ? otherwise : Integer.parseInt(digits);
        if (size > MAX_SIZE) {
            throw new TemplateError("a format of more than " + MAX_SIZE + " characters");
        }
        return size;
    }

    private static String one(
            Rendering rendering, Object value, String flags, int signedWidth, int precision, char type) {
        boolean left = flags.contains("-") || signedWidth < 0;
        int width = size(Integer.toString(Math.abs(signedWidth)), 0);
        boolean number = "diueEfFgGoxX".indexOf(type) >= 0;
        char align = left ? '<' : flags.contains("0") && number ? '=' : '>';
        char sign = flags.contains("+") ? '+' : flags.contains(" ") ? ' ' : '-';
        String fill = align == '=' ? "0" : " ";
        Layout layout = new Layout(fill, align, sign, flags.contains("#"), width, ' ', precision, type);
        switch (type) {
            case 's', 'r', 'a':
                String text = type == 's' ? Printing.text(rendering, value) : Printing.repr(rendering, value);
                return laidOut(rendering, text, layout);
            case 'c':
                return laidOut(
                        rendering,
                        value instanceof String ? Methods.text(value) : Character.toString(Values.small(value)),
                        layout);
            case 'd', 'i', 'u':
                if (value instanceof Double real && (real.isNaN() || real.isInfinite()) || !Comparing.isNumber(value)) {
                    throw new TemplateError("%d format: a real number is required, not " + Values.type(value));
                }
                BigInteger whole =
                        value instanceof Double real ? new BigDecimal(real).toBigInteger() : Arithmetic.integer(value);
                String digits = Printing.digits(rendering, whole.abs());
                String zeros =
                        "0".repeat(Math.max(0, size(Integer.toString(Math.max(0, precision)), 0) - digits.length()));
                return signed(rendering, whole.signum() < 0, zeros + digits, layout);
            default:
                if (!number || !Comparing.isNumber(value) || "oxX".indexOf(type) >= 0 && value instanceof Double) {
                    throw new TemplateError("%" + type + " format: found " + Values.type(value));
                }
                return number(rendering, value, layout);
        }
    }

    /** {@return a text in which {a}, {0} and {} are the arguments, laid out} */
    static String format(Rendering rendering, String format, Args args) {
        return format(rendering, format, args, new int[1], 0);
    }

    private static String format(Rendering rendering, String format, Args args, int[] next, int depth) {
        if (depth > 1) {
            throw new TemplateError("a format within a format within a format");
        }
        rendering.read(format.length());
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if ((c == '{' || c == '}') && i + 1 < format.length() && format.charAt(i + 1) == c) {
                rendering.write(out, String.valueOf(c));
                i++;
            } else if (c == '{') {
                int end = end(format, i + 1);
                rendering.write(out, field(rendering, format.substring(i + 1, end), args, next, depth));
                i = end;
            } else if (c == '}') {
                throw new TemplateError("single '}' encountered in format string");
            } else {
                rendering.write(out, String.valueOf(c));
            }
        }
        return out.toString();
    }

    private static int end(String format, int start) {
        int open = 1;
        for (int i = start; i < format.length(); i++) {
            open += format.charAt(i) == '{' ? 1 : format.charAt(i) == '}' ? -1 : 0;
            if (open == 0) {
                return i;
            }
        }
        throw new TemplateError("expected '}' before end of string");
    }

    private static String field(Rendering rendering, String field, Args args, int[] next, int depth) {
        Matcher name = NAME.matcher(field);
        name.lookingAt();
        Object value = argument(name.group(), args, next);
        Matcher step = STEP.matcher(field);
        int at = name.end();
        for (; step.region(at, field.length()).lookingAt(); at = step.end()) {
            String key = step.group(2);
            boolean number = key != null && Strings.all(key, c -> c >= '0' && c <= '9') && key.length() < 10;
            value = key == null
                    ? Access.attribute(rendering, value, step.group(1))
                    : Access.item(rendering, value, number ? (Object) Long.valueOf(key) : key);
        }
        String rest = field.substring(at);
        if (rest.startsWith("!")) {
            char conversion = rest.length() > 1 ? rest.charAt(1) : ' ';
            if ("rsa".indexOf(conversion) < 0) {
                throw new TemplateError("unknown conversion in a format");
            }
            value = conversion == 's' ? Printing.text(rendering, value) : Printing.repr(rendering, value);
            rest = rest.substring(2);
        }
        if (!rest.isEmpty() && !rest.startsWith(":")) {
            throw new TemplateError("expected ':' in a format");
        }
        String spec = rest.isEmpty() ? "" : format(rendering, rest.substring(1), args, next, depth + 1);
        return formatted(rendering, value, spec);
    }

    private static Object argument(String name, Args args, int[] next) {
        boolean numbered = name.isEmpty() || Strings.all(name, c -> c >= '0' && c <= '9') && name.length() < 10;
        if (!numbered) {
            Object value = args.named().get(name);
            if (value == null) {
                throw new TemplateError("no argument " + name + " for the format");
            }
            return value;
        }
        if (name.isEmpty() ? next[0] < 0 : next[0] > 0) {
            throw new TemplateError("cannot switch between numbered and unnumbered fields");
        }
        int index = name.isEmpty() ? next[0]++ : Integer.parseInt(name);
        if (!name.isEmpty()) {
            next[0] = -1;
        }
        if (index >= args.positional().size()) {
            throw new TemplateError("no argument " + index + " for the format");
        }
        return args.positional().get(index);
    }

    /** {@return format(value, spec)} */
    private static String formatted(Rendering rendering, Object value, String spec) {
        if (spec.isEmpty()) {
            return Printing.text(rendering, value);
        }
        Matcher m = SPEC.matcher(spec);
        boolean text = value instanceof String || value instanceof Values.Markup;
        if (!m.matches() || !text && !Comparing.isNumber(value)) {
            throw new TemplateError("the format '" + spec + "' does not suit " + Values.type(value));
        }
        char type = m.group(9) == null ? ' ' : m.group(9).charAt(0);
        char align = m.group(2) == null
                ? (m.group(5) != null ? '=' : ' ')
                : m.group(2).charAt(0);
        String fill = m.group(1) != null ? m.group(1) : m.group(5) != null ? "0" : " ";
        Layout layout = new Layout(
                fill,
                align == '=' && text && m.group(2) == null ? '<' : align,
                m.group(3) == null ? '-' : m.group(3).charAt(0),
                m.group(4) != null,
                size(m.group(6), 0),
                m.group(7) == null ? ' ' : m.group(7).charAt(0),
                size(m.group(8), -1),
                type);
        String types = text ? " s" : value instanceof Double ? " eEfFgGn%" : " bcdoxXneEfFgG%";
        if (types.indexOf(type) < 0
                || text && (layout.align == '=' || m.group(3) != null || m.group(4) != null || m.group(7) != null)) {
            throw new TemplateError("the format '" + spec + "' does not suit " + Values.type(value));
        }
        if (text) {
            return laidOut(rendering, Methods.text(value), layout);
        }
        return type == 'c'
                ? laidOut(rendering, Character.toString(Values.small(value)), layout)
                : number(rendering, value, layout);
    }

    /** {@return a text, cut to the precision, in its field} */
    private static String laidOut(Rendering rendering, String text, Layout layout) {
        int length = text.codePointCount(0, text.length());
        String cut = layout.precision >= 0 && layout.precision < length
                ? text.substring(0, text.offsetByCodePoints(0, layout.precision))
                : text;
        return inField(rendering, "", cut, layout, '<');
    }

    private static String inField(Rendering rendering, String sign, String body, Layout layout, char own) {
        int pad = layout.width - sign.length() - body.codePointCount(0, body.length());
        if (pad <= 0) {
            return sign + body;
        }
        rendering.text(layout.width);
        return switch (layout.align == ' ' ? own : layout.align) {
            case '<' -> sign + body + layout.fill.repeat(pad);
            case '^' -> layout.fill.repeat(pad / 2) + sign + body + layout.fill.repeat(pad - pad / 2);
            case '=' -> sign + layout.fill.repeat(pad) + body;
            default -> layout.fill.repeat(pad) + sign + body;
        };
    }

    private static String signed(Rendering rendering, boolean negative, String digits, Layout layout) {
        String sign = negative ? "-" : layout.sign == '-' ? "" : String.valueOf(layout.sign);
        return inField(rendering, sign, digits, layout, '>');
    }

    private static String number(Rendering rendering, Object value, Layout layout) {
        int radix =
                switch (layout.type) {
                    case 'b' -> 2;
                    case 'o' -> 8;
                    case 'x', 'X' -> 16;
                    default -> 10;
                };
        boolean integer = !(value instanceof Double) && (" dn".indexOf(layout.type) >= 0 || radix != 10);
        if (integer) {
            BigInteger number = Arithmetic.integer(value);
            String digits = radix == 10
                    ? Printing.digits(rendering, number.abs())
                    : number.abs().toString(radix);
            String prefix = layout.alternate && radix != 10 ? "0" + layout.type : "";
            digits = layout.type == 'X' ? Strings.upper(digits) : digits;
            return signed(
                    rendering, number.signum() < 0, prefix + grouped(digits, layout, radix == 10 ? 3 : 4), layout);
        }
        double number = Arithmetic.real(value);
        boolean upper = Character.isUpperCase(layout.type);
        boolean negative = number < 0 || number == 0 && 1 / number < 0;
        String digits =
                Double.isNaN(number) ? "nan" : Double.isInfinite(number) ? "inf" : real(Math.abs(number), layout);
        int point = digits.indexOf('.') >= 0 ? digits.indexOf('.') : digits.indexOf('e');
        String whole = point < 0 ? digits : digits.substring(0, point);
        digits = grouped(whole, layout, 3) + digits.substring(whole.length());
        return signed(rendering, negative, upper ? Strings.upper(digits) : digits, layout);
    }

    private static String grouped(String digits, Layout layout, int size) {
        if (layout.grouping == ' ') {
            return digits;
        }
        StringBuilder out = new StringBuilder(digits);
        for (int at = digits.length() - size; at > 0; at -= size) {
            out.insert(at, layout.grouping);
        }
        return out.toString();
    }

    private static String real(double number, Layout layout) {
        int precision = layout.precision < 0 ? 6 : layout.precision;
        return switch (Character.toLowerCase(layout.type)) {
            case 'e' -> scientific(number, precision);
            case 'f' ->
                new BigDecimal(number)
                        .setScale(precision, RoundingMode.HALF_EVEN)
                        .toPlainString();
            case '%' ->
                new BigDecimal(number * 100)
                                .setScale(precision, RoundingMode.HALF_EVEN)
                                .toPlainString() + "%";
            case ' ' -> layout.precision < 0 ? Printing.real(number) : general(number, precision, true);
            default -> general(number, precision, false);
        };
    }

    private static String scientific(double number, int precision) {
        BigDecimal rounded = new BigDecimal(number).round(new MathContext(precision + 1, RoundingMode.HALF_EVEN));
        int exponent = number == 0 ? 0 : rounded.precision() - rounded.scale() - 1;
        String digits = number == 0 ? "0" : rounded.unscaledValue().toString();
        digits += "0".repeat(Math.max(0, precision + 1 - digits.length()));
        digits = digits.substring(0, precision + 1);
        return digits.charAt(0) + (precision > 0 ? "." + digits.substring(1) : "") + Printing.exponent(exponent);
    }

    /** {@return a number with so many digits that count, as a fraction or with an exponent, without zeros at the end} */
    private static String general(double number, int precision, boolean likeRepr) {
        int digits = Math.max(1, precision);
        BigDecimal rounded = new BigDecimal(number).round(new MathContext(digits, RoundingMode.HALF_EVEN));
        int exponent = number == 0 ? 0 : rounded.precision() - rounded.scale() - 1;
        if (exponent < -4 || exponent >= (likeRepr ? Math.max(digits - 1, 1) : digits)) {
            String text = scientific(number, digits - 1);
            int e = text.indexOf('e');
            return trimmed(text.substring(0, e)) + text.substring(e);
        }
        String text = trimmed(rounded.setScale(Math.max(0, digits - 1 - exponent), RoundingMode.HALF_EVEN)
                .toPlainString());
        return likeRepr && !text.contains(".") ? text + ".0" : text;
    }

    private static String trimmed(String digits) {
        return digits.contains(".") ? digits.replaceFirst("\\.?0+$", "") : digits;
    }
}
