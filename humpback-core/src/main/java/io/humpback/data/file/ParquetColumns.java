package io.humpback.data.file;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The row of a Parquet file as one JSON object, in SQL. Bytes that are not marked as text, which some writers leave out,
 * are text where they are UTF-8, at any depth; others become an object that says how many they are.
 */
final class ParquetColumns {

    /** The type of a value, as far as bytes may be in it. */
    private interface Type {
        /** {@return whether nothing in it needs a change} */
        boolean plain();

        /** {@return the expression for a value in which bytes are JSON; at that depth of functions} */
        String text(String value, int depth);
    }

    private record Leaf(boolean bytes) implements Type {
        @Override
        public boolean plain() {
            return !bytes;
        }

        @Override
        public String text(String value, int depth) {
            return !bytes
                    ? value
                    : "CASE WHEN %1$s IS NULL THEN NULL ELSE coalesce(to_json(TRY(decode(%1$s))), json_object('bytes_not_utf8', octet_length(%1$s))) END"
                            .formatted(value);
        }
    }

    private record ListOf(Type element) implements Type {
        @Override
        public boolean plain() {
            return element.plain();
        }

        @Override
        public String text(String value, int depth) {
            String each = "\"$ " + depth + '"'; // as no column is named
            return "list_transform(" + value + ", lambda " + each + ": " + element.text(each, depth + 1) + ")";
        }
    }

    private record Struct(Map<String, Type> fields) implements Type {
        @Override
        public boolean plain() {
            return fields.values().stream().allMatch(Type::plain);
        }

        @Override
        public String text(String value, int depth) {
            String parts = fields.entrySet().stream()
                    .map(field -> {
                        String name = identifier(field.getKey());
                        return name + " := " + changed(field.getValue(), value + "." + name, depth);
                    })
                    .collect(Collectors.joining(", "));
            return "CASE WHEN " + value + " IS NULL THEN NULL ELSE struct_pack(" + parts + ") END";
        }
    }

    private record MapOf(Type key, Type value) implements Type {
        @Override
        public boolean plain() {
            return key.plain() && value.plain();
        }

        @Override
        public String text(String map, int depth) {
            Map<String, Type> entry = new LinkedHashMap<>();
            entry.put("key", key);
            entry.put("value", value);
            return "map_from_entries(" + new ListOf(new Struct(entry)).text("map_entries(" + map + ")", depth) + ")";
        }
    }

    private final String type;
    private int at;

    private ParquetColumns(String type) {
        this.type = type;
    }

    /** {@return the expression for columns of these types, each a name with its type as DuckDB describes it} */
    static String toJson(Map<String, String> columns) {
        return columns.entrySet().stream()
                .map(column -> {
                    String name = identifier(column.getKey());
                    return name + " := " + changed(new ParquetColumns(column.getValue()).read(), name, 1);
                })
                .collect(Collectors.joining(", ", "to_json(struct_pack(", "))"));
    }

    private static String changed(Type type, String value, int depth) {
        return type.plain() ? value : type.text(value, depth);
    }

    static String identifier(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    private Type read() {
        Type read;
        if (skip("STRUCT(")) {
            Map<String, Type> fields = new LinkedHashMap<>();
            do {
                String name = name();
                skip(" ");
                fields.put(name, read());
            } while (skip(", "));
            skip(")");
            read = new Struct(fields);
        } else if (skip("MAP(")) {
            Type key = read();
            skip(", ");
            read = new MapOf(key, read());
            skip(")");
        } else {
            int start = at;
            for (int open = 0; at < type.length() && (open > 0 || ",)[".indexOf(type.charAt(at)) < 0); at++) {
                open += type.charAt(at) == '(' ? 1 : type.charAt(at) == ')' ? -1 : 0;
            }
            read = new Leaf(type.substring(start, at).equals("BLOB"));
        }
        while (skip("[")) {
            at = type.indexOf(']', at) + 1;
            read = new ListOf(read);
        }
        return read;
    }

    private boolean skip(String text) {
        boolean found = type.startsWith(text, at);
        at += found ? text.length() : 0;
        return found;
    }

    private String name() {
        if (!skip("\"")) {
            int start = at;
            at = type.indexOf(' ', at);
            return type.substring(start, at);
        }
        StringBuilder name = new StringBuilder();
        for (; type.charAt(at) != '"' || type.startsWith("\"\"", at); at++) {
            name.append(type.charAt(at));
            at += type.charAt(at) == '"' ? 1 : 0; // written twice
        }
        at++;
        return name.toString();
    }
}
