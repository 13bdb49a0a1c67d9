package io.humpback.data.file;

import java.util.ArrayList;
import java.util.List;

/**
 * Where the values of CSV (RFC 4180) begin and end, character by character. A quote matters at the start of a value
 * alone; within a quoted value it is written twice.
 */
final class CsvCells {

    /** Where in a value the last character was. */
    private enum State {
        START,
        PLAIN,
        QUOTED,
        /** Behind a quote in a quoted value, which closes it or is the first of two. */
        CLOSED,
        /** Behind a quote that closed a value, but neither a separator nor a line end follows. */
        BROKEN
    }

    private final char separator;
    private State state = State.START;
    private int count = 1;

    CsvCells(char separator) {
        this.separator = separator;
    }

    /** Takes the next byte or character. */
    void next(int c) {
        State end = c == separator || c == '\n' ? State.START : state == State.CLOSED ? State.BROKEN : State.PLAIN;
        state = switch (state) {
            case START -> c == '"' ? State.QUOTED : end;
            case PLAIN -> end;
            case QUOTED -> c == '"' ? State.CLOSED : State.QUOTED;
            case CLOSED -> c == '"' ? State.QUOTED : c == '\r' ? State.CLOSED : end;
            case BROKEN -> State.BROKEN;
        };
        count += c == separator && state == State.START ? 1 : 0;
    }

    /** {@return whether a line end was the end of the row} */
    boolean ended() {
        return state == State.START || state == State.BROKEN;
    }

    /** {@return whether a quote that opened a value closes at its end} */
    boolean closed() {
        return state != State.QUOTED && state != State.BROKEN;
    }

    /** {@return whether something follows a quote that closes a value} */
    boolean broken() {
        return state == State.BROKEN;
    }

    /** {@return the number of values so far} */
    int count() {
        return count;
    }

    /** {@return the values of a row whose quotes close} */
    static List<String> values(String row, char separator) {
        CsvCells cells = new CsvCells(separator);
        List<String> values = new ArrayList<>();
        StringBuilder value = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < row.length(); i++) {
            char c = row.charAt(i);
            State before = cells.state;
            cells.next(c);
            quoted |= before == State.START && cells.state == State.QUOTED;
            if (cells.state == State.START) {
                values.add(quoted ? original(value.toString()) : value.toString());
                value.setLength(0);
                quoted = false;
            } else if (c != '"' || before != State.START && cells.state != State.CLOSED) {
                value.append(c);
            }
        }
        values.add(quoted ? original(value.toString()) : value.toString());
        return values;
    }

    /** {@return a value as it is written} */
    static String written(String text, char separator) {
        String value = isFormula(text) ? "'" + text : text;
        boolean plain = !isFormula(text)
                && value.indexOf(separator) < 0
                && value.indexOf('"') < 0
                && value.indexOf('\n') < 0
                && value.indexOf('\r') < 0;
        return plain ? value : '"' + value.replace("\"", "\"\"") + '"';
    }

    /** Undoes what {@link #written} puts before a formula, which it quotes always: so that what others write stays as it is. */
    private static String original(String value) {
        return value.startsWith("'") && isFormula(value.substring(1)) ? value.substring(1) : value;
    }

    /** Whether a spreadsheet would compute a text, or one from which a mark against that was taken. */
    private static boolean isFormula(String text) {
        int i = 0;
        while (i < text.length() && text.charAt(i) == '\'') {
            i++;
        }
        return i < text.length() && "=+-@\t\r".indexOf(text.charAt(i)) >= 0;
    }
}
