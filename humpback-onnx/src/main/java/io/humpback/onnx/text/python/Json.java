package io.humpback.onnx.text.python;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** JSON as Python's {@code json.dumps} writes it. */
public final class Json {

    private final Rendering rendering;
    private final boolean ascii;
    private final @Nullable String indent;
    private final String itemSeparator;
    private final String keySeparator;
    private final boolean sorted;
    private final StringBuilder out = new StringBuilder();

    private Json(
            Rendering rendering,
            boolean ascii,
            @Nullable String indent,
            String itemSeparator,
            String keySeparator,
            boolean sorted) {
        this.rendering = rendering;
        this.ascii = ascii;
        this.indent = indent;
        this.itemSeparator = itemSeparator;
        this.keySeparator = keySeparator;
        this.sorted = sorted;
    }

    /** {@return the value as JSON, with the arguments that transformers' filter {@code tojson} has} */
    public static String write(Rendering rendering, Object value, Args args) {
        Object[] given = args.bind("tojson", 0, "ensure_ascii", "indent", "separators", "sort_keys");
        String indent = null;
        if (given[1] != null && given[1] != Values.NONE) {
            indent = given[1] instanceof String text
                    ? text
                    : " ".repeat(Math.max(0, Math.min(100, Values.small(given[1]))));
        }
        String items = indent == null ? ", " : ",";
        String keys = ": ";
        if (given[2] != null && given[2] != Values.NONE) {
            List<Object> separators = Values.list(rendering, given[2]);
            if (separators.size() != 2) {
                throw new TemplateError("tojson: expected two separators");
            }
            items = Methods.text(separators.get(0));
            keys = Methods.text(separators.get(1));
        }
        Json json = new Json(
                rendering,
                given[0] != null && Values.truth(given[0]),
                indent,
                items,
                keys,
                given[3] != null && Values.truth(given[3]));
        json.value(value, 0);
        return json.out.toString();
    }

    private void put(String text) {
        rendering.write(out, text);
    }

    private void value(Object value, int depth) {
        rendering.spend(1);
        rendering.enter();
        List<Object> items = Values.sequence(value);
        if (value instanceof Dict dict) {
            dict(dict, depth);
        } else if (items != null && !(value instanceof Values.Range)) {
            put("[");
            for (int i = 0; i < items.size(); i++) {
                put(i > 0 ? itemSeparator : "");
                line(depth + 1);
                value(items.get(i), depth + 1);
            }
            if (!items.isEmpty()) {
                line(depth);
            }
            put("]");
        } else if (value instanceof String || value instanceof Values.Markup) {
            text(Methods.text(value));
        } else {
            put(simple(value));
        }
        rendering.leave();
    }

    private void dict(Dict dict, int depth) {
        List<Map.Entry<Object, Object>> entries = new ArrayList<>(dict.entries());
        if (sorted) {
            entries.sort((one, other) -> Comparing.compare(rendering, one.getKey(), other.getKey()));
        }
        put("{");
        String separator = "";
        for (Map.Entry<Object, Object> entry : entries) {
            put(separator);
            line(depth + 1);
            Object key = entry.getKey();
            text(key instanceof String || key instanceof Values.Markup ? Methods.text(key) : simple(key));
            put(keySeparator);
            value(entry.getValue(), depth + 1);
            separator = itemSeparator;
        }
        if (!entries.isEmpty()) {
            line(depth);
        }
        put("}");
    }

    private void line(int depth) {
        if (indent != null) {
            rendering.text((long) indent.length() * depth);
            put("\n" + indent.repeat(depth));
        }
    }

    private String simple(Object value) {
        if (value == Values.NONE) {
            return "null";
        }
        if (value instanceof Boolean || value instanceof Long) {
            return value.toString();
        }
        if (value instanceof BigInteger number) {
            return Printing.digits(rendering, number);
        }
        if (value instanceof Double number) {
            return number.isNaN()
                    ? "NaN"
                    : number.isInfinite() ? (number > 0 ? "Infinity" : "-Infinity") : Printing.real(number);
        }
        throw new TemplateError("object of type " + Values.type(value) + " is not JSON serializable");
    }

    private void text(String text) {
        rendering.read(text.length());
        StringBuilder quoted = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> quoted.append("\\\"");
                case '\\' -> quoted.append("\\\\");
                case '\n' -> quoted.append("\\n");
                case '\r' -> quoted.append("\\r");
                case '\t' -> quoted.append("\\t");
                case '\b' -> quoted.append("\\b");
                case '\f' -> quoted.append("\\f");
                default -> {
                    if (c < ' ' || ascii && c > '~') {
                        quoted.append(String.format("\\u%04x", (int) c));
                    } else {
                        quoted.append(c);
                    }
                }
            }
        }
        put(quoted.append('"').toString());
    }
}
