package io.humpback.onnx.text.python;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;

/** Python's {@code str} and {@code repr}. */
public final class Printing {

    /** Digits of an int that Python writes. */
    private static final int MAX_DIGITS = 4300;

    private Printing() {}

    /** {@return str(value)} */
    public static String text(Rendering rendering, Object value) {
        String text = Values.text(value);
        if (text != null) {
            return text;
        }
        return value instanceof Undefined ? "" : repr(rendering, value);
    }

    /** {@return repr(value)} */
    public static String repr(Rendering rendering, Object value) {
        StringBuilder out = new StringBuilder();
        repr(rendering, value, out);
        return out.toString();
    }

    private static void repr(Rendering rendering, Object value, StringBuilder out) {
        rendering.spend(1);
        rendering.enter();
        if (value instanceof String text) {
            quoted(rendering, text, out);
        } else if (value instanceof List<?> list) {
            listed(rendering, list, "[", "]", out);
        } else if (value instanceof Values.Tuple tuple) {
            listed(rendering, tuple.items(), "(", tuple.items().size() == 1 ? ",)" : ")", out);
        } else if (value instanceof Values.View view) {
            listed(rendering, view.items(), view.type() + "([", "])", out);
        } else if (value instanceof Dict dict) {
            rendering.write(out, "{");
            String separator = "";
            for (Map.Entry<Object, Object> entry : dict.entries()) {
                rendering.write(out, separator);
                repr(rendering, entry.getKey(), out);
                rendering.write(out, ": ");
                repr(rendering, entry.getValue(), out);
                separator = ", ";
            }
            rendering.write(out, "}");
        } else if (value instanceof Values.Namespace namespace) {
            rendering.write(out, "<Namespace ");
            repr(rendering, namespace.attributes(), out);
            rendering.write(out, ">");
        } else if (value instanceof Values.Markup markup) {
            rendering.write(out, "Markup(");
            quoted(rendering, markup.text(), out);
            rendering.write(out, ")");
        } else {
            rendering.write(out, simple(rendering, value));
        }
        rendering.leave();
    }

    private static void listed(Rendering rendering, List<?> items, String open, String close, StringBuilder out) {
        rendering.write(out, open);
        String separator = "";
        for (Object item : items) {
            rendering.write(out, separator);
            repr(rendering, item, out);
            separator = ", ";
        }
        rendering.write(out, close);
    }

    private static String simple(Rendering rendering, Object value) {
        if (value == Values.NONE) {
            return "None";
        }
        if (value instanceof Boolean truth) {
            return truth ? "True" : "False";
        }
        if (value instanceof Double number) {
            return real(number);
        }
        if (value instanceof BigInteger number) {
            return digits(rendering, number);
        }
        if (value instanceof Long) {
            return value.toString();
        }
        if (value instanceof Undefined) {
            return "Undefined";
        }
        if (value instanceof Values.Range range) {
            return "range(" + range.start() + ", " + range.stop() + (range.step() == 1 ? "" : ", " + range.step())
                    + ")";
        }
        return value instanceof Access.Owner ? value.toString() : "<" + Values.type(value) + ">";
    }

    /** {@return an int's digits, as far as Python writes them} */
    static String digits(Rendering rendering, BigInteger number) {
        rendering.spend(number.bitLength() / 4);
        String digits = number.toString();
        if (digits.length() - (number.signum() < 0 ? 1 : 0) > MAX_DIGITS) {
            throw new TemplateError("a number of more than " + MAX_DIGITS + " digits");
        }
        return digits;
    }

    /** {@return a float with as few digits as tell it from all others} */
    static String real(double number) {
        if (Double.isNaN(number) || Double.isInfinite(number)) {
            return Double.isNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";
        }
        if (number == 0) {
            return 1 / number < 0 ? "-0.0" : "0.0";
        }
        BigDecimal exact = new BigDecimal(number);
        BigDecimal shortest = exact;
        for (int digits = 1; digits <= 17; digits++) {
            shortest = exact.round(new MathContext(digits, RoundingMode.HALF_EVEN));
            if (shortest.doubleValue() == number) {
                break;
            }
        }
        shortest = shortest.stripTrailingZeros();
        int exponent = shortest.precision() - shortest.scale() - 1;
        if (exponent < -4 || exponent >= 16) {
            String digits = shortest.unscaledValue().abs().toString();
            return (number < 0 ? "-" : "")
                    + digits.charAt(0)
                    + (digits.length() > 1 ? "." + digits.substring(1) : "")
                    + exponent(exponent);
        }
        String plain = shortest.toPlainString();
        return plain.contains(".") ? plain : plain + ".0";
    }

    /** {@return the exponent of a float, with two digits at least} */
    static String exponent(int exponent) {
        return "e" + (exponent < 0 ? "-" : "+") + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
    }

    private static void quoted(Rendering rendering, String text, StringBuilder out) {
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        rendering.write(out, String.valueOf(quote));
        rendering.read(text.length());
        StringBuilder escaped = new StringBuilder();
        text.codePoints().forEach(c -> {
            switch (c) {
                case '\n' -> escaped.append("\\n");
                case '\r' -> escaped.append("\\r");
                case '\t' -> escaped.append("\\t");
                case '\\' -> escaped.append("\\\\");
                default -> {
                    if (c == quote) {
                        escaped.append('\\').append(quote);
                    } else if (Strings.isPrintable(c)) {
                        escaped.appendCodePoint(c);
                    } else {
                        escaped.append(String.format(c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", c));
                    }
                }
            }
        });
        rendering.write(out, escaped.append(quote).toString());
    }
}
