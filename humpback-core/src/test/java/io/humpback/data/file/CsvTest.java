package io.humpback.data.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.ReferenceData;
import io.humpback.data.Rejection;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines.Row;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CsvTest {

    @TempDir
    Path folder;

    private final List<Rejection> rejected = new ArrayList<>();

    /** The values of each row, with a bar between. */
    private List<String> read(RowSource source) throws IOException {
        rejected.clear();
        try (Stream<Row> rows = source.read(Rejects.into(rejected))) {
            return rows.map(row -> row.fields().properties().stream()
                            .map(field -> field.getValue().asText())
                            .collect(Collectors.joining("|")))
                    .toList();
        }
    }

    private List<String> read(String name, String text) throws IOException {
        return read(RowSource.of(Files.writeString(folder.resolve(name), text)));
    }

    private List<String> rejections() {
        return rejected.stream().map(r -> r.place() + ": " + r.reason()).toList();
    }

    @Test
    void aQuoteWithinAValueIsACharacter() throws IOException {
        assertEquals(List.of("a 5\" pipe|b", "c|d"), read("x.csv", "q,a\na 5\" pipe,b\nc,d\n"));
        assertEquals(List.of("a 5\" pipe|6\"", "c|d"), read("x.tsv", "q\ta\na 5\" pipe\t6\"\nc\td\n"));
        assertEquals(
                List.of("say \"hi\" \"|b", "x\"y|\"\""),
                read("x.csv", "q,a\nsay \"hi\" \",b\r\nx\"y,\"\"\"\"\"\"\r\n"));
        assertEquals(List.of(), rejected);
    }

    @Test
    void theCasesLoseNoRow() throws IOException {
        assertEquals(
                11,
                read(RowSource.of(ReferenceData.file("cases/csv-stray-quotes/t1.tsv")))
                        .size());
        assertEquals(
                List.of("a 5\" pipe|b", "c|d"),
                read(RowSource.of(ReferenceData.file("cases/csv-stray-quotes/c07-unquoted-quote.csv"))));
        assertEquals(List.of(), rejected);
    }

    @Test
    void aQuoteThatOpensAndDoesNotCloseLosesItsLineAlone() throws IOException {
        String stray = "line 3: a quote opens a value and does not close it";
        assertEquals(List.of("a|b", "e|f", "g|h"), read("x.csv", "q,a\na,b\n\"c,d\ne,f\ng,h\n"));
        assertEquals(List.of(stray), rejections());
        assertEquals(List.of("a|b", "e|f", "i|j\nk"), read("x.csv", "q,a\na,b\n\"c,d\ne,f\n\"g,h\ni,\"j\nk\"\n"));
        assertEquals(List.of(stray, "line 5: a quote opens a value and does not close it"), rejections());
        assertEquals(List.of("a|b", "e|f"), read("x.csv", "q,a\na,b\nc,d\",\"\ne,f\n"));
        assertEquals(List.of("a|b"), read("x.csv", "q,a\na,b\n\"c,d"));
        assertEquals(List.of("line 3: a quote does not close at the end of its value"), rejections());
    }

    @Test
    void aQuotedTextOfManyLinesThatIsBrokenIsOneRejectionAndNoRowsOfItsLines() throws IOException {
        assertEquals(
                List.of("a|b", "y|z"),
                read("x.csv", "q,a\na,b\n\"Dear all,\nthis is, as you know,\na letter\nof \"five\" lines.\",c\ny,z\n"));
        assertEquals("line 3", rejected.get(0).place());
        assertEquals(List.of("a|b"), read("x.csv", "q,a\na,b\n\"A text\nof lines\nwith, say,\ncommas\",c,too many\n"));
        assertEquals(List.of("line 3: values: found 3, expected 2, one a column"), rejections());
    }

    @Test
    void theSeparatorIsThatOfTheFirstRow() throws IOException {
        assertEquals(List.of("a,b|c"), read("x.csv", "q;a\na,b;c\n"));
        assertEquals(List.of("a|b;c"), read("x.csv", "q\ta\na\tb;c\n"));
        assertEquals(List.of("a|b"), read("x.csv", "q|a\na|b\n"));
        assertEquals(List.of("a|b"), read("x.tsv", "q,a\na,b\n"));
        assertEquals(List.of("a|b"), read("x.csv", "\"one; two; three\",a\na,b\n"));
        assertEquals(List.of("a|b"), read("x.csv", "sep=;\nq;a\na;b\n"));
        assertEquals(List.of("a, b"), read("x.csv", "text\n\"a, b\"\n"));
        Path file = Files.writeString(folder.resolve("x.csv"), "q,x:a\na,b:c\n");
        assertEquals(List.of("a,b|c"), read(RowSource.of(file).separator(':')));
        assertEquals(List.of(), rejected);
        assertThrows(IllegalArgumentException.class, () -> RowSource.of(file).separator('"'));
    }

    @Test
    void columnsWithoutANameAreNumberedAndOthersAreThereOnce() throws IOException {
        Path file = Files.writeString(folder.resolve("x.csv"), ",q,a,,\n0,x,y,,\n");
        try (Stream<Row> rows = Rows.read(file, Rejects.refuse())) {
            assertEquals(
                    "{\"column 1\":\"0\",\"q\":\"x\",\"a\":\"y\",\"column 4\":\"\",\"column 5\":\"\"}",
                    rows.toList().get(0).fields().toString());
        }
        assertEquals(List.of(), read("x.csv", "q,a,q\n1,2,3\n"));
        assertEquals(List.of("line 1: the first row names the column q twice; the rest is not read"), rejections());
        assertEquals(List.of(), read("x.csv", "q,a\r1,2\r"));
        assertEquals(
                List.of("line 1: lines that end in CR alone, expected LF or CR LF; the rest is not read"),
                rejections());
    }

    @Test
    void bytesThatAreNoUtf8LoseTheirRowAndInTheFirstRowTheFile() throws IOException {
        Path file = folder.resolve("x.csv");
        Files.write(file, "q,a\ncaf\u00e9,b\nc,d\n".getBytes(StandardCharsets.ISO_8859_1));
        assertEquals(List.of("c|d"), read(RowSource.of(file)));
        assertEquals(List.of("line 2: bytes that are not UTF-8, expected a file saved as UTF-8"), rejections());
        Files.write(file, "q,\u00e9\na,b\n".getBytes(StandardCharsets.ISO_8859_1));
        assertEquals(List.of(), read(RowSource.of(file)));
        assertEquals(1, rejected.size());
        assertTrue(rejections().get(0).startsWith("line 1: bytes that are not UTF-8"), rejected::toString);
    }

    @Test
    void formulasAreWrittenAsTextAndReadAsTheyWere() throws IOException {
        List<String> texts = List.of(
                "=1+1",
                "+49 30",
                "-1",
                "- item",
                "@x",
                "\tx",
                "'=1",
                "''-",
                "'quoted'",
                "a=b",
                "",
                "plain",
                "x,\"y\"\r\nz");
        for (String name : List.of("x.csv", "x.tsv", "x.csv.gz")) {
            Path file = folder.resolve(name);
            try (RowWriter out = Rows.write(file)) {
                for (String text : texts) {
                    out.write(JsonLines.row().put("text", text).put("n", -1.5));
                }
                out.commit();
            }
            assertEquals(texts.stream().map(text -> text + "|-1.5").toList(), read(RowSource.of(file)), name);
        }
        List<String> lines = Files.readAllLines(folder.resolve("x.csv"));
        assertEquals(List.of("text,n", "\"'=1+1\",-1.5", "\"'+49 30\",-1.5", "\"'-1\",-1.5"), lines.subList(0, 4));
    }

    @Test
    void anApostropheThatOthersWroteStays() throws IOException {
        Path file = Files.writeString(folder.resolve("x.csv"), "text,n\n'-f' means force,1\n'@Override' is a mark,1\n");
        assertEquals(List.of("'-f' means force|1", "'@Override' is a mark|1"), read(RowSource.of(file)));
    }

    @Test
    void columnsAreThoseOfAllRowsAndNestedValuesAreJson() throws IOException {
        Path file = folder.resolve("x.csv");
        try (RowWriter out = Rows.write(file)) {
            out.write((ObjectNode) JsonLines.MAPPER.readTree("{\"a\":1.10,\"b\":[\"x\",{\"y\":2}]}"));
            out.write((ObjectNode) JsonLines.MAPPER.readTree("{\"c\":true,\"a\":null}"));
            out.commit();
        }
        assertEquals("a,b,c\n1.10,\"[\"\"x\"\",{\"\"y\"\":2}]\",\n,,true\n", Files.readString(file));
        try (RowWriter out = Rows.write(file)) {
            out.write(JsonLines.row().put("one", ""));
            out.commit();
        }
        assertEquals(List.of(""), read(RowSource.of(file)));
        try (RowWriter out = Rows.write(file)) {
            out.write(JsonLines.row().put("two", ""));
        }
        assertEquals("one\n\"\"\n", Files.readString(file));
        assertEquals(1, folder.toFile().list().length);
    }

    @Provide
    Arbitrary<List<String>> texts() {
        return Arbitraries.strings()
                .withChars('"', ',', '\n', '\r', '\'', '=', '-', 'a', ';')
                .ofMaxLength(8)
                .list()
                .ofMinSize(1)
                .ofMaxSize(8);
    }

    @Property(tries = 200)
    void whatIsWrittenIsReadBack(@ForAll("texts") List<String> texts) throws IOException {
        Path file = Files.createTempFile("rows", ".csv");
        try {
            try (RowWriter out = Rows.write(file)) {
                for (String text : texts) {
                    out.write(JsonLines.row().put("q", text).put("a", text));
                }
                out.commit();
            }
            assertEquals(texts.stream().map(text -> text + "|" + text).toList(), read(RowSource.of(file)));
        } finally {
            Files.delete(file);
        }
    }

    @Property(tries = 300)
    void oneStrayQuoteLosesAtMostItsRow(@ForAll("strays") List<Integer> place) throws IOException {
        int rows = 8;
        List<String> lines = new ArrayList<>(IntStream.range(0, rows)
                .mapToObj(i -> i % 3 == 2 ? "q" + i + ",\"a" + i + "\"" : "q" + i + ",a" + i)
                .toList());
        int line = place.get(0) % rows;
        String old = lines.get(line);
        int at = place.get(1) % (old.length() + 1);
        lines.set(line, old.substring(0, at) + '"' + old.substring(at));
        Path file = Files.createTempFile("rows", ".csv");
        try {
            Files.writeString(file, "q,a\n" + String.join("\n", lines) + "\n");
            List<String> read = read(RowSource.of(file));
            for (int i = 0; i < rows; i++) {
                String row = "q" + i + "|a" + i;
                assertTrue(i == line || read.contains(row), () -> row + " of " + lines + " in " + read);
            }
        } finally {
            Files.delete(file);
        }
    }

    @Provide
    Arbitrary<List<Integer>> strays() {
        return Arbitraries.integers().between(0, 1000).list().ofSize(2);
    }
}
