package io.humpback.data.file;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines.Row;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Reads and writes one JSON array of objects, which is how Alpaca's and ShareGPT's own files lie on disk. */
final class JsonArray {

    private JsonArray() {}

    /**
     * The objects of an array, one in memory at a time, with the line where each begins. An element that is no object or
     * no JSON is rejected; where its brackets or quotes do not close, it reaches into the next ones.
     */
    static Stream<Row> read(Path file, Rejects rejects) throws IOException {
        return new Elements(file, rejects).stream();
    }

    /** A writer of one array, with one row a line. */
    static JsonLines.Writer write(Path file) throws IOException {
        return new JsonLines.Writer(file, true);
    }

    private static final class Elements extends RowReader {

        private boolean begun;

        Elements(Path file, Rejects rejects) throws IOException {
            super(file, open(file), rejects);
        }

        @Override
        boolean cut() throws IOException {
            skipBlank();
            int bracketOrComma = read();
            if (bracketOrComma < 0) {
                throw new IOException("the array does not end");
            } else if (bracketOrComma == ']' && begun) {
                return end();
            }
            skipBlank();
            if (!begun) {
                begun = true;
                if (peek() == ']') {
                    read();
                    return end();
                }
            }
            start();
            keepElement();
            return true;
        }

        /** Keeps all up to the comma or bracket that ends an element, and leaves that. */
        private void keepElement() throws IOException {
            int depth = 0;
            boolean quoted = false;
            boolean escaped = false;
            for (int b = peek(); b >= 0; b = peek()) {
                if (!quoted && depth == 0 && (b == ',' || b == ']')) {
                    return;
                }
                keep(read());
                if (escaped) {
                    escaped = false;
                } else if (b == '"') {
                    quoted = !quoted;
                } else if (quoted) {
                    escaped = b == '\\';
                } else if (b == '{' || b == '[') {
                    depth++;
                } else if ((b == '}' || b == ']') && depth > 0) {
                    depth--;
                }
            }
        }

        private boolean end() throws IOException {
            skipBlank();
            if (peek() >= 0) {
                start();
                throw new IOException("text after the end of the array");
            }
            return false;
        }

        @Override
        ObjectNode parse() throws JsonProcessingException, CharacterCodingException {
            return JsonLines.parse(text(0, length()));
        }
    }
}
