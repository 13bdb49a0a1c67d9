package io.humpback.onnx.text.python;

import java.math.BigInteger;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a template computes with. An int is a Long, or a BigInteger where it does not fit; a float is a Double; a str is a
 * String, whose characters are code points; a list is a List. The other kinds are here, in {@link Dict}, {@link
 * Undefined} and where functions are made.
 */
public final class Values {

    /** Python's None. */
    public static final Object NONE = new Object();

    private Values() {}

    /** A tuple; those that groupby makes have names for their items. */
    public record Tuple(List<Object> items, List<String> names) {
        public static Tuple of(Object... items) {
            return new Tuple(List.of(items));
        }

        public Tuple(List<Object> items) {
            this(items, List.of());
        }
    }

    /** What range() gives. */
    public record Range(long start, long stop, long step, int size) {
        public List<Object> items() {
            return new AbstractList<>() {
                @Override
                public Object get(int index) {
                    return start + index * step;
                }

                @Override
                public int size() {
                    return size;
                }
            };
        }
    }

    /** What keys(), values() and items() of a dict give, by the name of its type. */
    public record View(String type, List<Object> items) {}

    /** Text that is not escaped again. */
    public record Markup(String text) {}

    /** An iterator, which gives its items once. */
    public record Lazy(Iterator<Object> items) {}

    /** The subscript a:b:c, each None where it is left out. */
    public record Slice(Object start, Object stop, Object step) {

        /** {@return the first index, the step and the number of items that the slice takes of so many, null for none} */
        int @Nullable [] indices(int length) {
            for (Object bound : List.of(start, stop, step)) {
                if (bound != NONE && !isInteger(bound)) {
                    return null;
                }
            }
            int by = step == NONE ? 1 : small(step);
            if (by == 0) {
                throw new TemplateError("slice step cannot be zero");
            }
            int first = by > 0 ? 0 : -1;
            int last = by > 0 ? length : length - 1;
            int from = start == NONE ? (by > 0 ? first : last) : clipped(small(start), length, first, last);
            int to = stop == NONE ? (by > 0 ? last : first) : clipped(small(stop), length, first, last);
            long count = by > 0 ? (to - (long) from + by - 1) / by : (from - (long) to - by - 1L) / -(long) by;
            return new int[] {from, by, (int) Math.max(0, count)};
        }

        private static int clipped(int bound, int length, int first, int last) {
            return bound < 0 ? Math.max(bound + length, first) : Math.min(bound, last);
        }
    }

    /** What namespace() gives: the one value that a template may change. */
    public record Namespace(Dict attributes) {}

    /** What can be called. */
    public interface Callable {
        Object call(Rendering rendering, Args args);
    }

    /** A function of all templates. */
    public record Function(String name, Callable body) implements Callable {
        @Override
        public Object call(Rendering rendering, Args args) {
            return body.call(rendering, args);
        }
    }

    /** {@return a plain value of Java as a value of a template} */
    public static Object of(@Nullable Object value) {
        if (value == null) {
            return NONE;
        }
        if (value instanceof Map<?, ?> map) {
            Dict dict = new Dict();
            map.forEach((key, one) -> dict.put((String) key, of(one)));
            return dict;
        }
        if (value instanceof Collection<?> list) {
            List<Object> items = new ArrayList<>(list.size());
            list.forEach(item -> items.add(of(item)));
            return items;
        }
        if (value instanceof String || value instanceof Boolean || value instanceof Double || value instanceof Long) {
            return value;
        }
        if (value instanceof Integer number) {
            return number.longValue();
        }
        throw new IllegalArgumentException("no value for a template: " + value.getClass());
    }

    /** {@return the name that Python has for the type} */
    public static String type(Object value) {
        if (value == NONE) {
            return "NoneType";
        }
        if (value instanceof String) {
            return "str";
        }
        if (value instanceof Boolean) {
            return "bool";
        }
        if (value instanceof Long || value instanceof BigInteger) {
            return "int";
        }
        if (value instanceof Double) {
            return "float";
        }
        if (value instanceof List) {
            return "list";
        }
        return value instanceof View view
                ? view.type()
                : value.getClass().getSimpleName().toLowerCase(Locale.ROOT);
    }

    /** {@return whether the value counts as true} */
    public static boolean truth(Object value) {
        if (value instanceof Boolean truth) {
            return truth;
        }
        if (value == NONE || value instanceof Undefined) {
            return false;
        }
        if (value instanceof Long number) {
            return number != 0;
        }
        if (value instanceof Double number) {
            return number != 0;
        }
        String text = text(value);
        return text != null ? !text.isEmpty() : length(value) != 0;
    }

    /** {@return the characters of a text, marked up or not; null for any other value} */
    static @Nullable String text(Object value) {
        return value instanceof Markup markup ? markup.text() : value instanceof String string ? string : null;
    }

    /** {@return the number of items or characters, -1 if the value has no length} */
    public static int length(Object value) {
        String text = text(value);
        if (text != null) {
            return text.codePointCount(0, text.length());
        }
        if (value instanceof Dict dict) {
            return dict.size();
        }
        if (value instanceof Undefined) {
            return 0;
        }
        List<Object> items = items(value);
        return items == null ? -1 : items.size();
    }

    /** {@return the items of a list, tuple, range or view, null for any other value} */
    public static @Nullable List<Object> items(Object value) {
        List<Object> sequence = sequence(value);
        return sequence == null && value instanceof View view ? view.items() : sequence;
    }

    /** {@return the items of a value that has them by number, null for any other} */
    @SuppressWarnings("unchecked")
    public static @Nullable List<Object> sequence(Object value) {
        if (value instanceof List) {
            return (List<Object>) value;
        }
        return value instanceof Tuple tuple ? tuple.items() : value instanceof Range range ? range.items() : null;
    }

    /** {@return the items of a value that is known to have them by number} */
    static List<Object> members(Object value) {
        return Objects.requireNonNull(sequence(value));
    }

    /** {@return the items that a loop over the value meets, null where there can be no loop over it} */
    public static @Nullable Iterator<Object> iterator(Rendering rendering, Object value) {
        List<Object> items = items(value);
        if (items != null) {
            return items.iterator();
        }
        if (value instanceof Dict dict) {
            rendering.spend(dict.size());
            return dict.keys().iterator();
        }
        if (value instanceof Lazy lazy) {
            return lazy.items();
        }
        if (value instanceof Undefined) {
            return List.of().iterator();
        }
        String text = text(value);
        if (text == null) {
            return null;
        }
        rendering.read(text.length());
        return text.codePoints().mapToObj(c -> (Object) Character.toString(c)).iterator();
    }

    /** {@return the items that a loop over the value meets} */
    public static Iterator<Object> iterate(Rendering rendering, Object value) {
        Iterator<Object> items = iterator(rendering, value);
        if (items == null) {
            throw new TemplateError("'" + type(value) + "' object is not iterable");
        }
        return items;
    }

    /** {@return a new list of the items that a loop over the value meets} */
    public static List<Object> list(Rendering rendering, Object value) {
        List<Object> list = new ArrayList<>();
        for (Iterator<Object> items = iterate(rendering, value); items.hasNext(); ) {
            rendering.item(list.size());
            list.add(items.next());
        }
        return list;
    }

    /** {@return a text for a message} */
    public static String shown(Object value) {
        return value instanceof String text ? "'" + text + "'" : value.toString();
    }

    /** {@return an int that fits as a Long} */
    public static Object integer(BigInteger value) {
        return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
    }

    /** {@return whether the value is an int, as truth values are too} */
    public static boolean isInteger(Object value) {
        return value instanceof Long || value instanceof Boolean || value instanceof BigInteger;
    }

    /** {@return an argument that has to be an int and is small} */
    public static int small(Object value) {
        if (value instanceof Boolean truth) {
            return truth ? 1 : 0;
        }
        if (value instanceof Long number) {
            return (int) Math.max(-Integer.MAX_VALUE, Math.min(Integer.MAX_VALUE, number));
        }
        if (value instanceof BigInteger number) {
            return number.signum() * Integer.MAX_VALUE;
        }
        throw new TemplateError("expected an int, found " + type(value));
    }
}
