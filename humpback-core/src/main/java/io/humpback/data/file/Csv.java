package io.humpback.data.file;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.DataException;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines.Row;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads CSV ({@link CsvCells}) in UTF-8, whose first row names the columns. Each value is a text, and a quoted one may
 * hold line ends. A row that has more or fewer values than there are columns is rejected.
 *
 * <p>A quote that opens a value and does not close would reach into the next rows. If most of the lines that it swallows
 * are rows by themselves, the line where it opens is rejected alone.
 */
final class Csv {

    private Csv() {}

    /**
     * The rows of a file, one in memory at a time.
     *
     * @param usual the separator if the first row has none
     * @param given the separator if it is known
     */
    static Stream<Row> read(Path file, char usual, @Nullable Character given, Rejects rejects) throws IOException {
        return new Table(file, usual, given, rejects).stream();
    }

    private static final class Table extends RowReader {

        private char separator;
        private boolean separated;
        private List<String> columns = List.of();
        private int firstLine; // bytes of the row's first line, 0 until its end is met
        private @Nullable String fault;

        Table(Path file, char usual, @Nullable Character given, Rejects rejects) throws IOException {
            super(file, open(file), rejects);
            separator = given == null ? usual : given;
            separated = given != null;
        }

        @Override
        boolean cut() throws IOException {
            while (columns.isEmpty()) {
                start();
                if (!cutRow()) {
                    return false;
                }
                columns = names(row());
            }
            start();
            return cutRow();
        }

        @Override
        @Nullable
        ObjectNode parse() throws CharacterCodingException {
            if (fault != null) {
                throw new DataException(fault);
            }
            String row = row();
            if (row.isBlank()) {
                return null;
            }
            List<String> values = CsvCells.values(row, separator);
            if (values.size() != columns.size()) {
                throw new DataException(
                        "values: found " + values.size() + ", expected " + columns.size() + ", one a column");
            }
            ObjectNode fields = JsonLines.row();
            for (int i = 0; i < values.size(); i++) {
                fields.put(columns.get(i), values.get(i));
            }
            return fields;
        }

        /** {@return the text of the row, without its line end} */
        private String row() throws CharacterCodingException {
            int end = length();
            end -= end > 0 && kept(end - 1) == '\n' ? 1 : 0;
            end -= end > 0 && kept(end - 1) == '\r' ? 1 : 0;
            return text(0, end);
        }

        /** {@return the names of the columns, of which a row that is none has none} */
        private List<String> names(String row) throws IOException {
            if (fault != null) {
                throw new IOException("the first row names the columns: " + fault);
            } else if (row.isBlank()) {
                return List.of();
            } else if (row.matches("sep=.")) { // of Excel, for Excel
                separator = row.charAt(4);
                separated = true;
                return List.of();
            }
            separated = true;
            List<String> names = CsvCells.values(row, separator);
            Set<String> known = new HashSet<>();
            for (int i = 0; i < names.size(); i++) {
                if (names.get(i).isBlank()) {
                    names.set(i, "column " + (i + 1));
                } else if (names.get(i).indexOf('\r') >= 0) {
                    throw new IOException("lines that end in CR alone, expected LF or CR LF");
                }
                if (!known.add(names.get(i))) {
                    throw new IOException("the first row names the column " + names.get(i) + " twice");
                }
            }
            return names;
        }

        /** Keeps the bytes of the next row, and says what is wrong with its quotes. */
        private boolean cutRow() throws IOException {
            fault = null;
            firstLine = 0;
            if (peek() < 0) {
                return false;
            }
            CsvCells cells = separated ? new CsvCells(separator) : firstLine();
            boolean ended = firstLine > 0 && cells.ended();
            for (int b = ended ? -1 : read(); b >= 0; b = ended ? -1 : read()) {
                keep(b);
                cells.next(b);
                if (b == '\n') {
                    firstLine = firstLine == 0 ? length() : firstLine;
                    ended = cells.ended();
                }
                if (length() == JsonLines.MAX_LINE_BYTES && isStray(cells)) {
                    ended = true;
                }
            }
            if (isStray(cells)) {
                unread(firstLine);
                fault = "a quote opens a value and does not close it";
            } else if (!cells.closed()) {
                fault = "a quote does not close at the end of its value";
            }
            return true;
        }

        /** Keeps the first line of the file, which tells the separator. */
        private CsvCells firstLine() throws IOException {
            for (int b = read(); b >= 0; b = b == '\n' ? -1 : read()) {
                keep(b);
            }
            firstLine = length();
            String line = row().replaceAll("\"[^\"]*\"", "");
            for (char other : new char[] {',', ';', '\t', '|'}) {
                separator = count(line, other) > count(line, separator) ? other : separator;
            }
            CsvCells cells = new CsvCells(separator);
            for (int i = 0; i < length(); i++) {
                cells.next(kept(i));
            }
            return cells;
        }

        private static long count(String line, char separator) {
            return line.chars().filter(c -> c == separator).count();
        }

        /**
         * Whether a row is none because of a stray quote in its first line: then most of its other lines are rows by
         * themselves. The line in which the quotes break is judged when it is read.
         */
        private boolean isStray(CsvCells cells) {
            boolean row = cells.closed() && cells.count() == columns.size();
            if (row || columns.isEmpty() || firstLine == 0 || firstLine == length()) {
                return false;
            }
            int lines = 0;
            int rows = 0;
            for (int i = firstLine; i < length(); i++) {
                CsvCells line = new CsvCells(separator);
                int start = i;
                while (i < length() && kept(i) != '\n') {
                    line.next(kept(i++));
                }
                if (i > start && !(cells.broken() && i + 1 >= length())) {
                    lines++;
                    rows += line.closed() && line.count() == columns.size() ? 1 : 0;
                }
            }
            return lines == 0 || 2 * rows > lines;
        }
    }
}
