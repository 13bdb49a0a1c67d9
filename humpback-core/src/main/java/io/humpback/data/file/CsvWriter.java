package io.humpback.data.file;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.internal.FileNames;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/**
 * Writes CSV in UTF-8 with the columns of all rows together. Lists and objects are JSON; what a row lacks is empty. A
 * text that a spreadsheet would compute gets a {@code '} before it, which {@link Csv} takes away.
 */
final class CsvWriter extends SpooledWriter {

    private final char separator;
    private final Set<String> columns = new LinkedHashSet<>();

    CsvWriter(Path file, char separator) throws IOException {
        super(file);
        this.separator = separator;
    }

    @Override
    void see(ObjectNode row) {
        row.fieldNames().forEachRemaining(columns::add);
    }

    @Override
    void write(Path jsonLines, Path temporary) throws IOException {
        OutputStream bytes = Files.newOutputStream(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        try (Writer out = new BufferedWriter(new OutputStreamWriter(
                        FileNames.isGzip(file) ? new GZIPOutputStream(bytes, 1 << 16) : bytes,
                        StandardCharsets.UTF_8));
                Stream<Row> rows = JsonLines.read(jsonLines, Rejects.refuse())) {
            out.write(line(name -> CsvCells.written(name, separator)));
            for (Iterator<Row> each = rows.iterator(); each.hasNext(); ) {
                ObjectNode row = each.next().fields();
                out.write(line(name -> text(row.path(name))));
            }
        }
    }

    private String line(Function<String, String> value) {
        String line = columns.stream().map(value).collect(Collectors.joining(String.valueOf(separator), "", "\n"));
        return line.equals("\n") && columns.size() == 1 ? "\"\"\n" : line;
    }

    private String text(JsonNode value) {
        if (value.isTextual()) {
            return CsvCells.written(value.textValue(), separator);
        }
        boolean none = value.isMissingNode() || value.isNull();
        return none ? "" : value.isContainerNode() ? CsvCells.written(value.toString(), separator) : value.asText();
    }
}
