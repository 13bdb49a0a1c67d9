package io.humpback.onnx.text.python;

import java.util.AbstractMap.SimpleImmutableEntry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Python's dict: it keeps the order, and 1, 1.0 and True are one key. */
public final class Dict {

    private final Map<Object, Map.Entry<Object, Object>> entries = new LinkedHashMap<>();

    /** {@return the value, null if there is none} */
    @Nullable
    Object get(Rendering rendering, Object key) {
        Map.Entry<Object, Object> entry = entries.get(key instanceof String ? key : hashed(rendering, key));
        return entry == null ? null : entry.getValue();
    }

    /** {@return the value under a text, null if there is none} */
    public @Nullable Object get(String key) {
        Map.Entry<Object, Object> entry = entries.get(key);
        return entry == null ? null : entry.getValue();
    }

    /** Adds an entry, or changes the value where the key is known. */
    public void put(Rendering rendering, Object key, Object value) {
        put(hashed(rendering, key), key, value);
    }

    /** Adds an entry under a text. */
    public void put(String key, Object value) {
        put(key, key, value);
    }

    private void put(Object hashed, Object key, Object value) {
        Map.Entry<Object, Object> before = entries.get(hashed);
        entries.put(hashed, new SimpleImmutableEntry<>(before == null ? key : before.getKey(), value));
    }

    public void putAll(Dict other) {
        other.entries.forEach((hashed, entry) -> put(hashed, entry.getKey(), entry.getValue()));
    }

    public Collection<Map.Entry<Object, Object>> entries() {
        return entries.values();
    }

    public int size() {
        return entries.size();
    }

    public List<Object> keys() {
        List<Object> keys = new ArrayList<>(size());
        entries().forEach(entry -> keys.add(entry.getKey()));
        return keys;
    }

    public List<Object> values() {
        List<Object> values = new ArrayList<>(size());
        entries().forEach(entry -> values.add(entry.getValue()));
        return values;
    }

    public List<Object> items() {
        List<Object> items = new ArrayList<>(size());
        entries().forEach(entry -> items.add(Values.Tuple.of(entry.getKey(), entry.getValue())));
        return items;
    }

    /** {@return a stand-in for a key that Java compares as Python compares the key} */
    public static Object hashed(Rendering rendering, Object key) {
        rendering.spend(1);
        if (key instanceof Boolean truth) {
            return truth ? 1L : 0L;
        }
        if (key instanceof Double number && number == Math.rint(number) && Math.abs(number) < 1L << 53) {
            return number.longValue();
        }
        if (key instanceof Values.Markup markup) {
            return markup.text();
        }
        if (key instanceof Values.Tuple tuple) {
            List<Object> items = new ArrayList<>();
            rendering.enter();
            tuple.items().forEach(item -> items.add(hashed(rendering, item)));
            rendering.leave();
            return items;
        }
        if (key instanceof List || key instanceof Dict || key instanceof Values.Slice || key instanceof Values.View) {
            throw new TemplateError("unhashable type: '" + Values.type(key) + "'");
        }
        boolean plain =
                key instanceof String || key instanceof Number || key == Values.NONE || key instanceof Undefined;
        return plain ? key : new Identity(key);
    }

    /** A value that equals itself alone: to compare its parts could take for ever. */
    private record Identity(Object value) {

        @Override
        public boolean equals(Object other) {
            return other instanceof Identity that && that.value == value;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(value);
        }
    }
}
