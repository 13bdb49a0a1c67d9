package io.humpback.data.file;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The columns of rows with their types, learnt by looking at each row once. Whole numbers and others become the wider
 * type; values that have no type in common, and objects without fields, become JSON text.
 */
final class Features {

    private enum Kind {
        UNKNOWN("VARCHAR", "string"),
        TRUTH("BOOLEAN", "bool"),
        WHOLE("BIGINT", "int64"),
        NUMBER("DOUBLE", "float64"),
        TEXT("VARCHAR", "string"),
        LIST("", ""),
        STRUCT("", "");

        final String sql;
        final String dtype;

        Kind(String sql, String dtype) {
            this.sql = sql;
            this.dtype = dtype;
        }
    }

    private static final class Type {

        private Kind kind = Kind.UNKNOWN;
        private @Nullable Type element;
        private final Map<String, Type> fields = new LinkedHashMap<>();

        void see(JsonNode value) {
            Kind seen = kindOf(value);
            if (seen == Kind.UNKNOWN) {
                return;
            }
            kind = kind == Kind.UNKNOWN || kind == seen
                    ? seen
                    : isNumber(kind) && isNumber(seen) ? Kind.NUMBER : Kind.TEXT;
            if (kind == Kind.LIST) {
                element = element == null ? new Type() : element;
                value.forEach(element::see);
            } else if (kind == Kind.STRUCT) {
                value.properties().forEach(field -> fields.computeIfAbsent(field.getKey(), name -> new Type())
                        .see(field.getValue()));
            }
        }

        private static boolean isNumber(Kind kind) {
            return kind == Kind.WHOLE || kind == Kind.NUMBER;
        }

        private static Kind kindOf(JsonNode value) {
            return switch (value.getNodeType()) {
                case NULL, MISSING -> Kind.UNKNOWN;
                case BOOLEAN -> Kind.TRUTH;
                case NUMBER -> value.isIntegralNumber() && value.canConvertToLong() ? Kind.WHOLE : Kind.NUMBER;
                case ARRAY -> Kind.LIST;
                case OBJECT -> value.isEmpty() ? Kind.TEXT : Kind.STRUCT;
                default -> Kind.TEXT;
            };
        }

        String sql() {
            if (kind == Kind.LIST && element != null) {
                return element.sql() + "[]";
            } else if (kind == Kind.STRUCT) {
                return fields.entrySet().stream()
                        .map(field -> ParquetColumns.identifier(field.getKey()) + " "
                                + field.getValue().sql())
                        .collect(Collectors.joining(", ", "STRUCT(", ")"));
            }
            return kind.sql;
        }

        /** Appends this type as the hub's cards write it, after the name of the column or the dash of a list. */
        void yaml(StringBuilder out, String indent) {
            if (kind == Kind.LIST && element != null) {
                if (element.kind == Kind.STRUCT) {
                    out.append(indent).append("list:\n");
                    element.yamlFields(out, indent);
                } else if (element.kind == Kind.LIST) {
                    out.append(indent).append("list:\n");
                    element.yaml(out, indent + "  ");
                } else {
                    out.append(indent)
                            .append("list: ")
                            .append(element.kind.dtype)
                            .append('\n');
                }
            } else if (kind == Kind.STRUCT) {
                out.append(indent).append("struct:\n");
                yamlFields(out, indent);
            } else {
                out.append(indent).append("dtype: ").append(kind.dtype).append('\n');
            }
        }

        void yamlFields(StringBuilder out, String indent) {
            fields.forEach((name, type) -> {
                out.append(indent)
                        .append("- name: ")
                        .append(DatasetCard.quoted(name))
                        .append('\n');
                type.yaml(out, indent + "  ");
            });
        }
    }

    private final Type row = new Type();

    void see(ObjectNode fields) {
        if (!fields.isEmpty()) {
            row.see(fields);
        }
    }

    boolean isEmpty() {
        return row.fields.isEmpty();
    }

    /** The columns as the SQL struct of names and types that {@code read_json} takes. */
    String sqlColumns() {
        return row.fields.entrySet().stream()
                .map(field -> Parquet.literal(field.getKey()) + ": "
                        + Parquet.literal(field.getValue().sql()))
                .collect(Collectors.joining(", ", "{", "}"));
    }

    /** The columns as a list in YAML. */
    String yaml(String indent) {
        StringBuilder out = new StringBuilder();
        row.yamlFields(out, indent);
        return out.toString();
    }
}
