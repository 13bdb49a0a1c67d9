package io.humpback.onnx.text.python;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Python's comparisons. */
public final class Comparing {

    private Comparing() {}

    /** {@return whether one of ==, !=, &lt;, &lt;=, &gt;, &gt;=, in, not in holds between two values} */
    public static boolean holds(Rendering rendering, String operator, Object left, Object right) {
        return switch (operator) {
            case "==" -> equal(rendering, left, right);
            case "!=" -> !equal(rendering, left, right);
            case "in" -> contains(rendering, right, left);
            case "not in" -> !contains(rendering, right, left);
            default -> ordered(rendering, operator, left, right);
        };
    }

    private static boolean ordered(Rendering rendering, String operator, Object left, Object right) {
        if (isNaN(left) || isNaN(right)) {
            return false;
        }
        int order = compare(rendering, left, right);
        return switch (operator) {
            case "<" -> order < 0;
            case "<=" -> order <= 0;
            case ">" -> order > 0;
            default -> order >= 0;
        };
    }

    private static boolean isNaN(Object value) {
        return value instanceof Double number && number.isNaN();
    }

    /** {@return whether two values are equal} */
    public static boolean equal(Rendering rendering, Object left, Object right) {
        rendering.spend(1);
        rendering.enter();
        boolean equal = same(rendering, left, right);
        rendering.leave();
        return equal;
    }

    private static boolean same(Rendering rendering, Object left, Object right) {
        if (left == right) {
            return !isNaN(left);
        }
        Object a = plain(left);
        Object b = plain(right);
        if (a instanceof String one && b instanceof String other) {
            rendering.read(one.length() == other.length() ? one.length() : 0);
            return one.equals(other);
        }
        if (isNumber(a) && isNumber(b)) {
            return !isNaN(a) && !isNaN(b) && compareNumbers(a, b) == 0;
        }
        if (a instanceof List && b instanceof List || a instanceof Values.Tuple && b instanceof Values.Tuple) {
            return allEqual(rendering, Values.members(a), Values.members(b));
        }
        if (a instanceof Dict one && b instanceof Dict other) {
            return sameEntries(rendering, one, other);
        }
        if (a instanceof Undefined) {
            return b instanceof Undefined;
        }
        return a instanceof Values.Range && a.equals(b);
    }

    private static Object plain(Object value) {
        return value instanceof Values.Markup markup ? markup.text() : value;
    }

    private static boolean allEqual(Rendering rendering, List<Object> one, List<Object> other) {
        if (one.size() != other.size()) {
            return false;
        }
        for (int i = 0; i < one.size(); i++) {
            if (one.get(i) != other.get(i) && !equal(rendering, one.get(i), other.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean sameEntries(Rendering rendering, Dict one, Dict other) {
        if (one.size() != other.size()) {
            return false;
        }
        for (Map.Entry<Object, Object> entry : one.entries()) {
            Object value = other.get(rendering, entry.getKey());
            if (value == null || value != entry.getValue() && !equal(rendering, entry.getValue(), value)) {
                return false;
            }
        }
        return true;
    }

    /** {@return whether a container has an item, a dict a key, a text a piece} */
    public static boolean contains(Rendering rendering, Object container, Object item) {
        if (plain(container) instanceof String text) {
            if (!(plain(item) instanceof String piece)) {
                throw new TemplateError("'in <string>' requires string as left operand, not " + Values.type(item));
            }
            rendering.search(text, piece);
            return text.contains(piece);
        }
        if (container instanceof Dict dict) {
            return dict.get(rendering, item) != null;
        }
        for (Iterator<Object> items = Values.iterate(rendering, container); items.hasNext(); ) {
            Object one = items.next();
            if (one == item || equal(rendering, one, item)) {
                return true;
            }
        }
        return false;
    }

    /** {@return a negative number, zero or a positive one where the left value comes before, with or behind the right} */
    public static int compare(Rendering rendering, Object left, Object right) {
        rendering.spend(1);
        Object a = plain(left);
        Object b = plain(right);
        if (a instanceof Undefined undefined) {
            throw undefined.failure();
        }
        if (b instanceof Undefined undefined) {
            throw undefined.failure();
        }
        if (isNumber(a) && isNumber(b)) {
            return compareNumbers(a, b);
        }
        if (a instanceof String one && b instanceof String other) {
            return compareTexts(rendering, one, other);
        }
        if (a instanceof List && b instanceof List || a instanceof Values.Tuple && b instanceof Values.Tuple) {
            List<Object> one = Values.members(a);
            List<Object> other = Values.members(b);
            for (int i = 0; i < Math.min(one.size(), other.size()); i++) {
                if (!equal(rendering, one.get(i), other.get(i))) {
                    rendering.enter();
                    int order = compare(rendering, one.get(i), other.get(i));
                    rendering.leave();
                    return order;
                }
            }
            return Integer.compare(one.size(), other.size());
        }
        throw new TemplateError("no order between '" + Values.type(left) + "' and '" + Values.type(right) + "'");
    }

    /** Compares by code points, not by the halves of surrogate pairs. */
    private static int compareTexts(Rendering rendering, String one, String other) {
        int length = Math.min(one.length(), other.length());
        rendering.read(length);
        for (int i = 0; i < length; i++) {
            if (one.charAt(i) != other.charAt(i)) {
                boolean pairs = Character.isSurrogate(one.charAt(i)) != Character.isSurrogate(other.charAt(i));
                int order = Character.compare(one.charAt(i), other.charAt(i));
                return pairs ? (Character.isSurrogate(one.charAt(i)) ? 1 : -1) : order;
            }
        }
        return Integer.compare(one.length(), other.length());
    }

    /** {@return whether the value is an int, as truth values are too, or a float} */
    public static boolean isNumber(Object value) {
        return value instanceof Number || value instanceof Boolean;
    }

    private static int compareNumbers(Object left, Object right) {
        Object a = left instanceof Boolean truth ? (truth ? 1L : 0L) : left;
        Object b = right instanceof Boolean truth ? (truth ? 1L : 0L) : right;
        if (a instanceof Long one && b instanceof Long other) {
            return one.compareTo(other);
        }
        if (infinite(a) || infinite(b) || a instanceof Double && b instanceof Double) {
            double one = ((Number) a).doubleValue();
            double other = ((Number) b).doubleValue();
            return one < other ? -1 : one > other ? 1 : 0;
        }
        return exact(a).compareTo(exact(b));
    }

    private static boolean infinite(Object value) {
        return value instanceof Double number && (number.isInfinite() || number.isNaN());
    }

    private static BigDecimal exact(Object number) {
        if (number instanceof BigInteger integer) {
            return new BigDecimal(integer);
        }
        return number instanceof Long integer ? BigDecimal.valueOf(integer) : new BigDecimal((Double) number);
    }
}
