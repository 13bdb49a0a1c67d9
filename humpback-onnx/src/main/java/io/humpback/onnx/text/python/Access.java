package io.humpback.onnx.text.python;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How a template gets at attributes and items, and how it calls what it got. */
public final class Access {

    private Access() {}

    /** A value with attributes that are made elsewhere; it is written as its {@code toString} has it. */
    public interface Owner {

        /** {@return the attribute, null if there is none} */
        @Nullable
        Object attribute(String name);
    }

    /** {@return owner.name: an attribute, else an item, else undefined} */
    public static Object attribute(Rendering rendering, Object owner, String name) {
        Object attribute = own(owner, name);
        if (attribute == null && owner instanceof Dict dict) {
            attribute = dict.get(rendering, name);
        }
        return attribute != null ? attribute : Undefined.of(owner, name);
    }

    /** {@return owner[key]: an item, else an attribute, else undefined} */
    public static Object item(Rendering rendering, Object owner, Object key) {
        if (owner instanceof Undefined undefined) {
            throw undefined.failure();
        }
        Object item = itemOrNull(rendering, owner, key);
        if (item == null && key instanceof Values.Slice) {
            throw new TemplateError("no such part of '" + Values.type(owner) + "' can be taken");
        }
        if (item == null && key instanceof String name) {
            item = own(owner, name);
        }
        return item != null ? item : Undefined.of(owner, key);
    }

    /** {@return an attribute and no item, null if there is none} */
    public static @Nullable Object own(Object owner, String name) {
        if (owner instanceof Undefined undefined) {
            throw undefined.failure();
        }
        if (name.startsWith("__")) {
            return Undefined.unsafe(owner, name);
        }
        if (owner instanceof Owner other) {
            return other.attribute(name);
        }
        if (owner instanceof Values.Namespace namespace) {
            return namespace.attributes().get(name);
        }
        if (owner instanceof Values.Tuple tuple && tuple.names().contains(name)) {
            return tuple.items().get(tuple.names().indexOf(name));
        }
        return Methods.find(owner, name);
    }

    private static @Nullable Object itemOrNull(Rendering rendering, Object owner, Object key) {
        if (owner instanceof Dict dict) {
            return key instanceof List || key instanceof Dict || key instanceof Values.Slice
                    ? null
                    : dict.get(rendering, key);
        }
        String text = Values.text(owner);
        if (text != null) {
            int length = text.codePointCount(0, text.length());
            rendering.read(length);
            if (key instanceof Values.Slice slice) {
                int[] picked = slice.indices(length);
                return picked == null ? null : slice(rendering, text, picked);
            }
            int index = index(key, length);
            return index < 0 ? null : Character.toString(text.codePointAt(text.offsetByCodePoints(0, index)));
        }
        List<Object> items = Values.sequence(owner);
        if (items == null) {
            return null;
        }
        if (key instanceof Values.Slice slice) {
            int[] picked = slice.indices(items.size());
            return picked == null ? null : slice(rendering, owner, items, picked);
        }
        int index = index(key, items.size());
        return index < 0 ? null : items.get(index);
    }

    /** {@return the place that an index names, which counts from the end below 0; -1 if there is none} */
    private static int index(Object key, int length) {
        if (!Values.isInteger(key) || key instanceof BigInteger) {
            return -1;
        }
        int index = Values.small(key);
        index = index < 0 ? index + length : index;
        return index < length ? Math.max(index, -1) : -1;
    }

    private static String slice(Rendering rendering, String text, int[] picked) {
        int step = picked[1];
        rendering.text(picked[2]);
        if (step == 1) {
            int start = text.offsetByCodePoints(0, picked[2] == 0 ? 0 : picked[0]);
            return text.substring(start, text.offsetByCodePoints(start, picked[2]));
        }
        int[] points = text.codePoints().toArray();
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < picked[2]; i++) {
            out.appendCodePoint(points[picked[0] + i * step]);
        }
        return out.toString();
    }

    private static Object slice(Rendering rendering, Object owner, List<Object> items, int[] picked) {
        rendering.list(picked[2]);
        List<Object> some = new ArrayList<>(picked[2]);
        for (int i = 0; i < picked[2]; i++) {
            some.add(items.get(picked[0] + i * picked[1]));
        }
        if (owner instanceof Values.Range range) {
            long start = range.start() + picked[0] * range.step();
            long step = range.step() * picked[1];
            return new Values.Range(start, start + step * picked[2], step, picked[2]);
        }
        return owner instanceof List ? some : new Values.Tuple(some);
    }

    /** {@return what a function gives} */
    public static Object call(Rendering rendering, Object called, Args args) {
        if (called instanceof Values.Callable function) {
            return function.call(rendering, args);
        }
        if (called instanceof Undefined undefined) {
            throw undefined.failure();
        }
        throw new TemplateError("'" + Values.type(called) + "' object is not callable");
    }
}
