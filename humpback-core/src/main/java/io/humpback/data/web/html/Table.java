package io.humpback.data.web.html;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jsoup.nodes.Element;

/** The cells of a table that holds data, laid out by row and column. */
final class Table {

    private static final int MAX_COLUMNS = 20;

    private Table() {}

    /**
     * {@return the rows that are not empty, each a text a column, in which "|" is escaped; none of a table that has fewer
     * than two rows or columns, or more than 20 columns}
     */
    static List<List<String>> rows(Element table) {
        List<String[]> rows = new ArrayList<>();
        int[] spans = new int[MAX_COLUMNS]; // rows for which a cell above still fills the column
        int columns = 0;
        for (Element tr : table.select("tr")) {
            String[] row = new String[MAX_COLUMNS];
            Arrays.fill(row, "");
            int column = 0;
            int[] below = new int[MAX_COLUMNS];
            for (Element cell : tr.children()) {
                if (!cell.nameIs("td") && !cell.nameIs("th")) {
                    continue;
                }
                while (column < MAX_COLUMNS && spans[column] > 0) {
                    column++;
                }
                int wide = span(cell, "colspan");
                if (column + wide > MAX_COLUMNS) {
                    return List.of();
                }
                row[column] = Markdown.inline(cell).replace("|", "\\|");
                Arrays.fill(below, column, column + wide, span(cell, "rowspan"));
                column += wide;
            }
            for (int i = 0; i < MAX_COLUMNS; i++) {
                spans[i] = Math.max(Math.max(0, spans[i] - 1), Math.max(0, below[i] - 1));
            }
            columns = Math.max(columns, column);
            if (Arrays.stream(row).anyMatch(cell -> !cell.isEmpty())) {
                rows.add(row);
            }
        }
        if (columns < 2 || rows.size() < 2) {
            return List.of();
        }
        int width = columns;
        return rows.stream().map(row -> Arrays.asList(row).subList(0, width)).toList();
    }

    private static int span(Element cell, String attribute) {
        String value = cell.attr(attribute);
        return value.matches("[1-9][0-9]{0,2}") ? Integer.parseInt(value) : 1;
    }
}
