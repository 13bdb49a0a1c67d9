package io.humpback.onnx.text.python;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Python's arithmetic, of texts and lists too. */
public final class Arithmetic {

    /** Bits of an int; Python writes fewer digits than these have. */
    private static final int MAX_BITS = 1 << 14;

    /** Ints up to here are floats without a change. */
    private static final long EXACT = 1L << 53;

    /** Longs below this one have sums and products that are Longs. */
    private static final long HALF = 1L << 31;

    private Arithmetic() {}

    /** {@return what +, -, *, /, //, % or ** makes of two values} */
    public static Object apply(Rendering rendering, String operator, Object left, Object right) {
        if (operator.equals("%") && left instanceof String format) {
            return Formats.percent(rendering, format, right);
        }
        if (left instanceof Undefined undefined) {
            throw undefined.failure();
        }
        if (right instanceof Undefined undefined) {
            throw undefined.failure();
        }
        if (Comparing.isNumber(left) && Comparing.isNumber(right)) {
            return numbers(rendering, operator, left, right);
        }
        Object result = operator.equals("+")
                ? joined(rendering, left, right)
                : operator.equals("*") && Values.isInteger(right)
                        ? repeated(rendering, left, right)
                        : operator.equals("*") && Values.isInteger(left) ? repeated(rendering, right, left) : null;
        if (result == null) {
            throw new TemplateError("cannot compute " + Values.type(left) + " " + operator + " " + Values.type(right));
        }
        return result;
    }

    /** {@return -value or +value} */
    public static Object signed(String operator, Object value) {
        if (value instanceof Undefined undefined) {
            throw undefined.failure();
        }
        if (value instanceof Double number) {
            return operator.equals("-") ? -number : number;
        }
        if (Values.isInteger(value)) {
            BigInteger number = integer(value);
            return Values.integer(operator.equals("-") ? number.negate() : number);
        }
        throw new TemplateError("cannot compute " + operator + Values.type(value));
    }

    private static String joined(Rendering rendering, String one, String other) {
        rendering.text((long) one.length() + other.length());
        return one.concat(other);
    }

    private static @Nullable Object joined(Rendering rendering, Object left, Object right) {
        if (left instanceof String one && right instanceof String other) {
            return joined(rendering, one, other);
        }
        if (left instanceof Values.Markup || right instanceof Values.Markup) {
            boolean texts = (left instanceof Values.Markup || left instanceof String)
                    && (right instanceof Values.Markup || right instanceof String);
            return texts
                    ? new Values.Markup(joined(rendering, escaped(rendering, left), escaped(rendering, right)))
                    : null;
        }
        boolean lists = left instanceof List && right instanceof List;
        if (!lists && !(left instanceof Values.Tuple && right instanceof Values.Tuple)) {
            return null;
        }
        List<Object> one = Values.members(left);
        List<Object> other = Values.members(right);
        rendering.list((long) one.size() + other.size());
        List<Object> all = new ArrayList<>(one.size() + other.size());
        all.addAll(one);
        all.addAll(other);
        return lists ? all : new Values.Tuple(all);
    }

    /** {@return a text in which the characters that HTML uses are escaped, unless it was made so} */
    public static String escaped(Rendering rendering, Object value) {
        String text = Printing.text(rendering, value);
        if (value instanceof Values.Markup) {
            return text;
        }
        rendering.text(5L * text.length());
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("'", "&#39;")
                .replace("\"", "&#34;");
    }

    private static @Nullable Object repeated(Rendering rendering, Object value, Object count) {
        long times = Math.max(0, Values.small(count));
        if (value instanceof String text) {
            rendering.text(times * text.length());
            return text.repeat((int) times);
        }
        if (value instanceof Values.Markup markup) {
            rendering.text(times * markup.text().length());
            return new Values.Markup(markup.text().repeat((int) times));
        }
        if (!(value instanceof List) && !(value instanceof Values.Tuple)) {
            return null;
        }
        List<Object> items = Values.members(value);
        rendering.list(times * items.size());
        List<Object> all = new ArrayList<>((int) times * items.size());
        for (int i = 0; i < times && !items.isEmpty(); i++) {
            all.addAll(items);
        }
        return value instanceof List ? all : new Values.Tuple(all);
    }

    private static Object numbers(Rendering rendering, String operator, Object left, Object right) {
        if (left instanceof Double || right instanceof Double) {
            return reals(operator, real(left), real(right));
        }
        if (left instanceof Long one && right instanceof Long other && isHalf(one) && isHalf(other)) {
            switch (operator) {
                case "+":
                    return one + other;
                case "-":
                    return one - other;
                case "*":
                    return one * other;
                default:
                    break;
            }
        }
        BigInteger result = integers(rendering, operator, integer(left), integer(right));
        if (result == null) {
            return quotient(operator, left, right);
        }
        if (result.bitLength() > MAX_BITS) {
            throw new TemplateError("a number of more than " + MAX_BITS + " bits");
        }
        return Values.integer(result);
    }

    private static boolean isHalf(long number) {
        return number < HALF && number > -HALF;
    }

    /** {@return the result as far as it is an int, null where it is a float} */
    private static @Nullable BigInteger integers(
            Rendering rendering, String operator, BigInteger left, BigInteger right) {
        rendering.spend((left.bitLength() + right.bitLength()) / 16);
        switch (operator) {
            case "+":
                return left.add(right);
            case "-":
                return left.subtract(right);
            case "*":
                return left.multiply(right);
            case "//", "%":
                if (right.signum() == 0) {
                    throw new TemplateError("division by zero");
                }
                BigInteger[] parts = left.divideAndRemainder(right);
                boolean down = parts[1].signum() != 0 && parts[1].signum() != right.signum();
                return operator.equals("%")
                        ? (down ? parts[1].add(right) : parts[1])
                        : down ? parts[0].subtract(BigInteger.ONE) : parts[0];
            case "**":
                return right.signum() < 0 ? null : power(left, right);
            default:
                return null;
        }
    }

    private static BigInteger power(BigInteger base, BigInteger exponent) {
        if (base.abs().bitLength() <= 1) {
            // 0, 1 or -1
            return exponent.signum() == 0 || base.signum() < 0 && !exponent.testBit(0) ? BigInteger.ONE : base;
        }
        if (exponent.bitLength() > 31 || (base.abs().bitLength() - 1) * exponent.longValue() > MAX_BITS) {
            throw new TemplateError("a number of more than " + MAX_BITS + " bits");
        }
        return base.pow(exponent.intValue());
    }

    private static Object quotient(String operator, Object left, Object right) {
        if (operator.equals("**")) {
            return reals("**", real(left), real(right));
        }
        BigInteger one = integer(left);
        BigInteger other = integer(right);
        if (other.signum() == 0) {
            throw new TemplateError("division by zero");
        }
        BigInteger limit = BigInteger.valueOf(EXACT);
        if (one.abs().compareTo(limit) <= 0 && other.abs().compareTo(limit) <= 0) {
            return one.doubleValue() / other.doubleValue();
        }
        return finite(new BigDecimal(one)
                .divide(new BigDecimal(other), new MathContext(60))
                .doubleValue());
    }

    private static double reals(String operator, double a, double b) {
        switch (operator) {
            case "+":
                return a + b;
            case "-":
                return a - b;
            case "*":
                return a * b;
            case "**":
                if (a == 0 && b < 0) {
                    throw new TemplateError("zero cannot be raised to a negative power");
                }
                if (a < 0 && b != Math.rint(b)) {
                    throw new TemplateError("a negative number has no such power");
                }
                double power = Math.pow(a, b);
                return Double.isInfinite(a) || Double.isInfinite(b) ? power : finite(power);
            default:
                break;
        }
        if (b == 0) {
            throw new TemplateError("division by zero");
        }
        if (operator.equals("/")) {
            return a / b;
        }
        double remainder = a % b;
        double quotient = (a - remainder) / b;
        if (remainder != 0 && remainder < 0 != b < 0) {
            remainder += b;
            quotient -= 1;
        }
        if (operator.equals("%")) {
            return remainder == 0 ? Math.copySign(0, b) : remainder;
        }
        double whole = Math.floor(quotient);
        return quotient - whole > 0.5 ? whole + 1 : whole;
    }

    private static double finite(double value) {
        if (Double.isInfinite(value)) {
            throw new TemplateError("a number too large for a float");
        }
        return value;
    }

    /** {@return a number as a float} */
    public static double real(Object number) {
        return number instanceof Double real ? real : finite(integer(number).doubleValue());
    }

    /** {@return an int} */
    static BigInteger integer(Object number) {
        if (number instanceof Boolean truth) {
            return truth ? BigInteger.ONE : BigInteger.ZERO;
        }
        return number instanceof BigInteger integer ? integer : BigInteger.valueOf((Long) number);
    }
}
