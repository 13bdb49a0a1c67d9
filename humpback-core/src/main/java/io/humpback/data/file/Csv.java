package io.humpback.data.file;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.csv.CsvFactory;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import io.humpback.data.DataException;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines.Row;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads CSV (RFC 4180) in UTF-8, whose first row names the columns. Each value is a text, and a quoted one may hold line
 * ends. A row that has more or fewer values than there are columns is rejected; a quote that does not close reaches into
 * the next rows.
 */
final class Csv {

    private static final CsvFactory FACTORY = CsvFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(JsonLines.MAX_LINE_BYTES)
                    .build())
            .enable(CsvParser.Feature.WRAP_AS_ARRAY)
            .build();

    private Csv() {}

    /** The rows of a file, one in memory at a time. */
    static Stream<Row> read(Path file, char separator, Rejects rejects) throws IOException {
        return new Lines(file, separator, rejects).stream();
    }

    private static final class Lines extends RowReader {

        private final CsvSchema schema;
        private @Nullable List<String> columns;

        Lines(Path file, char separator, Rejects rejects) throws IOException {
            super(file, open(file), rejects);
            schema = CsvSchema.emptySchema().withColumnSeparator(separator);
        }

        @Override
        boolean cut() throws IOException {
            if (peek() < 0) {
                return false;
            } else if (columns != null && (columns.isEmpty() || new HashSet<>(columns).size() < columns.size())) {
                throw new IOException("the first row names no columns, or one of them twice");
            }
            boolean quoted = false;
            for (int b = read(); b >= 0 && (quoted || b != '\n'); b = read()) {
                keep(b);
                quoted ^= b == '"';
            }
            return true;
        }

        @Override
        @Nullable
        ObjectNode parse() throws CharacterCodingException {
            List<String> names = columns;
            if (names == null) {
                columns = List.of(); // until it is known that they can be read
            }
            String text = text(0, length());
            if (text.isBlank()) {
                columns = names;
                return null;
            }
            List<String> values = values(text.endsWith("\r") ? text.substring(0, text.length() - 1) : text);
            if (names == null) {
                columns = values;
                return null;
            } else if (values.size() != names.size()) {
                throw new DataException(
                        "values: found " + values.size() + ", expected " + names.size() + ", one a column");
            }
            ObjectNode fields = JsonLines.row();
            for (int i = 0; i < values.size(); i++) {
                fields.put(names.get(i), values.get(i));
            }
            return fields;
        }

        private List<String> values(String text) {
            List<String> values = new ArrayList<>();
            try (CsvParser parser = FACTORY.createParser(text)) {
                parser.setSchema(schema);
                parser.nextToken(); // the array of all rows
                parser.nextToken(); // the one row
                while (parser.nextToken() == JsonToken.VALUE_STRING) {
                    values.add(parser.getText());
                }
                if (parser.nextToken() != JsonToken.END_ARRAY) {
                    throw new DataException("not CSV: a line end outside of quotes");
                }
            } catch (JsonProcessingException e) {
                throw new DataException("not CSV: " + e.getOriginalMessage());
            } catch (IOException e) {
                throw new UncheckedIOException(e); // text in memory
            }
            return values;
        }
    }
}
