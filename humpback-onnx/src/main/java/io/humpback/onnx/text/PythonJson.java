package io.humpback.onnx.text;

import io.humpback.model.ModelException;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** JSON as Python's {@code json.dumps} with {@code ensure_ascii=False} writes it, which transformers gives templates. */
final class PythonJson {

    private PythonJson() {}

    /**
     * {@return the value as JSON}
     *
     * @param value a text, a truth value, a number, a list, a map, or null
     * @param maxLength characters from which on the value is refused
     */
    static String write(@Nullable Object value, int maxLength) {
        StringBuilder json = new StringBuilder();
        write(value, json, maxLength);
        return json.toString();
    }

    private static void write(@Nullable Object value, StringBuilder out, int maxLength) {
        if (out.length() > maxLength) {
            throw new ModelException("chat template: a text of more than " + maxLength + " characters");
        }
        if (value instanceof Map<?, ?> map) {
            String separator = "{";
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                out.append(separator);
                write(Objects.toString(entry.getKey()), out, maxLength);
                write(entry.getValue(), out.append(": "), maxLength);
                separator = ", ";
            }
            out.append(map.isEmpty() ? "{}" : "}");
        } else if (value instanceof Collection<?> list) {
            String separator = "[";
            for (Object one : list) {
                write(one, out.append(separator), maxLength);
                separator = ", ";
            }
            out.append(list.isEmpty() ? "[]" : "]");
        } else if (value == null || value instanceof Boolean || value instanceof Number) {
            out.append(value);
        } else {
            out.append('"');
            for (char c : value.toString().toCharArray()) {
                switch (c) {
                    case '"' -> out.append("\\\"");
                    case '\\' -> out.append("\\\\");
                    case '\n' -> out.append("\\n");
                    case '\r' -> out.append("\\r");
                    case '\t' -> out.append("\\t");
                    case '\b' -> out.append("\\b");
                    case '\f' -> out.append("\\f");
                    default -> out.append(c < ' ' ? String.format("\\u%04x", (int) c) : String.valueOf(c));
                }
            }
            out.append('"');
        }
    }
}
