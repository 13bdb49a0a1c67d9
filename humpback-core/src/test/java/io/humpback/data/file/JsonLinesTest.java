package io.humpback.data.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.DataException;
import io.humpback.data.Rejection;
import io.humpback.data.Rejects;
import io.humpback.internal.unpack.GunzipTest;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonLinesTest {

    @TempDir
    Path folder;

    private final List<Rejection> rejected = new ArrayList<>();

    private List<JsonLines.Row> read(Path file) throws IOException {
        try (Stream<JsonLines.Row> rows = JsonLines.read(file, Rejects.into(rejected))) {
            return rows.toList();
        }
    }

    private List<String> read(byte[] bytes) throws IOException {
        rejected.clear();
        return read(Files.write(folder.resolve("rows.jsonl"), bytes)).stream()
                .map(row -> row.line() + " " + row.fields())
                .toList();
    }

    private List<String> read(String text) throws IOException {
        return read(text.getBytes(StandardCharsets.UTF_8));
    }

    private List<String> rejections() {
        return rejected.stream().map(r -> r.place() + ": " + r.reason()).toList();
    }

    @Test
    void fieldsKeepTheirOrderAndNumbersTheirDigits() throws IOException {
        String row =
                "{\"z\":1.10,\"a\":{\"y\":[1,null,true],\"b\":12345678901234567890.12345678901234567890},\"m\":\"\u00e9\uD83D\uDE00\",\"e\":1E-7}";
        assertEquals(List.of("1 " + row), read(row));
    }

    @Test
    void emptyLinesLineEndsAndAByteOrderMarkAreNoRows() throws IOException {
        assertEquals(List.of("1 {\"a\":1}", "4 {\"a\":2}"), read("\uFEFF{\"a\":1}\r\n\n  \n{\"a\":2}"));
        assertEquals(List.of(), read(""));
        assertEquals(List.of(), rejected);
    }

    @Test
    void eachBadLineIsRejectedWithItsNumber() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (String line : List.of(
                "{\"a\":1}",
                "{\"a\":",
                "[1]",
                "{\"a\":1,\"a\":2}",
                "{\"a\":" + "[".repeat(5000) + "]".repeat(5000) + "}",
                "{\"a\":1} {\"b\":2}",
                "{\"a\":" + "9".repeat(2000) + "}",
                "null",
                "{'a':1}")) {
            bytes.writeBytes((line + "\n").getBytes(StandardCharsets.UTF_8));
        }
        bytes.writeBytes(new byte[] {'{', '"', (byte) 0xff, '"', ':', '1', '}', '\n'});
        bytes.writeBytes(new byte[] {'{', '"', (byte) 0xed, (byte) 0xa0, (byte) 0x80, '"', ':', '1', '}', '\n'});
        bytes.writeBytes("{\"last\":1}".getBytes(StandardCharsets.UTF_8));
        assertEquals(List.of("1 {\"a\":1}", "12 {\"last\":1}"), read(bytes.toByteArray()));
        List<String> reasons = rejections();
        assertEquals(10, reasons.size());
        assertTrue(reasons.get(0).startsWith("line 2: not JSON at column 6: "), reasons.get(0));
        assertFalse(reasons.get(0).contains("Source"), reasons.get(0));
        assertEquals("line 3: found a JSON array, expected an object", reasons.get(1));
        assertTrue(reasons.get(2).contains("line 4") && reasons.get(2).contains("Duplicate field 'a'"), reasons.get(2));
        assertTrue(reasons.get(3).contains("line 5") && reasons.get(3).contains("nested too deep"), reasons.get(3));
        assertTrue(reasons.get(4).startsWith("line 6: not JSON"), reasons.get(4));
        assertEquals("line 10: bytes that are not UTF-8, expected a file saved as UTF-8", reasons.get(8));
        assertEquals("line 11: bytes that are not UTF-8, expected a file saved as UTF-8", reasons.get(9));
    }

    @Test
    void whatOtherLanguagesWriteInPlaceOfANumberIsNull() throws IOException {
        assertEquals(
                List.of(
                        "1 {\"a\":null,\"b\":[1,null,{\"c\":null}]}",
                        "2 {\"a\":null,\"b\":\"NaN\"}",
                        "3 {\"a\":null,\"b\":null,\"c\":1E+308}"),
                read("{\"a\":NaN,\"b\":[1,-Infinity,{\"c\":NaN}]}\n{\"a\":Infinity,\"b\":\"NaN\"}\n"
                        + "{\"a\":1e999,\"b\":-1e999999999,\"c\":1e308}"));
        assertEquals(List.of(), rejected);
        read("{\"a\":nan}");
        assertTrue(rejections().get(0).startsWith("line 1: not JSON at column 6: "), rejected::toString);
    }

    @Test
    void aRejectionNamesNoClassAndNoSettingOfTheParser() throws IOException {
        read(String.join(
                "\n",
                "{\"a\": -}",
                "{\"a\": 01}",
                "{\"a\": tru}",
                "{a: 1}",
                "{\"a\": \"\t\"}",
                "{\"a\": \"\\x\"}",
                "{\"a\": 1}{}",
                "{\"a\": " + "[".repeat(200),
                "{\"a\": " + "1".repeat(5000) + "}",
                "{\"" + "k".repeat(70_000) + "\": 1}",
                "version https",
                "{\"a\": 1,}",
                "{\"a\": .5}",
                "{\"a\": +5}",
                "{'a': 1}",
                "{\"a\": 1 // no\n}",
                "nonsense ".repeat(1000)));
        assertEquals(18, rejected.size());
        for (String reason : rejections()) {
            assertFalse(reason.matches(".*(`|Feature|Constraints|ALLOW_|JsonNode|java\\.|enable|\\(\\)).*"), reason);
            assertTrue(reason.length() < 500, reason);
        }
    }

    @Test
    void aFileOfAnotherKindIsRejectedOnceWithItsKind() throws IOException {
        byte[] json = "{\"a\":1}\n{\"a\":2}\n".getBytes(StandardCharsets.UTF_8);
        for (byte[] bytes : List.of(
                ("\uFEFF{\"a\":1}\n").getBytes(StandardCharsets.UTF_16LE),
                "{\"a\":1}\n".getBytes(StandardCharsets.UTF_16BE),
                GunzipTest.gzip(json),
                new byte[] {'B', 'Z', 'h', '9', '1', 'A', 'Y'},
                "version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 3\n".getBytes(StandardCharsets.UTF_8),
                "PAR1...".getBytes(StandardCharsets.UTF_8),
                "\n<!DOCTYPE html>\n<html>\n".getBytes(StandardCharsets.UTF_8))) {
            assertEquals(List.of(), read(bytes));
            assertEquals(1, rejected.size(), rejected::toString);
            assertTrue(
                    rejections().get(0).matches("line 1: the file is .*, expected text in UTF-8; the rest is not read"),
                    rejections()::toString);
        }
        Files.write(folder.resolve("plain.jsonl.gz"), json);
        rejected.clear();
        assertEquals(List.of(), read(folder.resolve("plain.jsonl.gz")));
        assertEquals(
                List.of("line 1: byte 0: expected a gzip member, found something else; the rest is not read"),
                rejections());
    }

    @Test
    void aLineBeyondTheLimitIsNotHeldAndTheNextIsRead() throws IOException {
        Path file = folder.resolve("long.jsonl.gz");
        byte[] half = new byte[JsonLines.MAX_LINE_BYTES];
        Arrays.fill(half, (byte) ' ');
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(half);
        bytes.writeBytes(half);
        bytes.writeBytes("\n{\"a\":1}\n".getBytes(StandardCharsets.UTF_8));
        Files.write(file, GunzipTest.gzip(bytes.toByteArray()));
        assertEquals(1, read(file).size());
        assertEquals(List.of("line 1: more than 16777216 bytes in one row"), rejections());
    }

    @Test
    void strictReadingNamesFileAndLine() throws IOException {
        Path file = Files.writeString(folder.resolve("rows.jsonl"), "{}\nno\n{}\n");
        try (Stream<JsonLines.Row> rows = JsonLines.read(file, Rejects.refuse())) {
            DataException e = assertThrows(DataException.class, rows::toList);
            assertTrue(e.getMessage().startsWith(file + ": line 2: not JSON"), e.getMessage());
        }
    }

    @Test
    void aRowCanBeRejectedByItsUser() throws IOException {
        Path file = Files.writeString(folder.resolve("rows.jsonl"), "\n{}");
        assertEquals(
                new Rejection(file.toString(), "line 2", "no field"),
                read(file).get(0).rejection("no field"));
    }

    @Test
    void aTruncatedFileIsReadUpToTheCut() throws IOException {
        Path file = folder.resolve("cut.jsonl.gz");
        StringBuilder rows = new StringBuilder();
        for (int i = 0; i < 100_000; i++) {
            rows.append("{\"i\":").append(i).append("}\n");
        }
        byte[] packed = GunzipTest.gzip(rows.toString().getBytes(StandardCharsets.UTF_8));
        Files.write(file, Arrays.copyOf(packed, packed.length / 2));
        int count = read(file).size();
        assertTrue(count > 10_000 && count < 90_000, "" + count);
        assertEquals(1, rejected.size());
        assertEquals(
                "gzip member at byte 0 ends early; the rest is not read",
                rejected.get(0).reason());
    }

    @Test
    void whatIsWrittenIsReadBackPlainAndGzipped() throws IOException {
        for (String name : List.of("out.jsonl", "out.jsonl.gz")) {
            Path file = folder.resolve(name);
            ObjectNode row = JsonLines.row()
                    .put("text", "\u2028 line\nfeed \uD83D\uDE00 \uD800 \uDC00\uD800")
                    .put("n", 7);
            try (JsonLines.Writer writer = JsonLines.write(file)) {
                writer.write(row);
                writer.write(JsonLines.row());
                writer.commit();
            }
            List<JsonLines.Row> rows = read(file);
            assertEquals(2, rows.size());
            assertEquals(
                    "\u2028 line\nfeed \uD83D\uDE00 \uFFFD \uFFFD\uFFFD",
                    rows.get(0).fields().get("text").textValue());
        }
        assertEquals(
                "{\"text\":\"\u2028 line\\nfeed \uD83D\uDE00 \uFFFD \uFFFD\uFFFD\",\"n\":7}\n{}\n",
                Files.readString(folder.resolve("out.jsonl")));
        assertEquals(List.of(), rejected);
    }

    @Test
    void anAbandonedFileLeavesTheOldOneAndNothingElse() throws IOException {
        Path file = Files.writeString(folder.resolve("out.jsonl"), "old");
        try (JsonLines.Writer writer = JsonLines.write(file)) {
            writer.write(JsonLines.row());
            assertEquals("old", Files.readString(file));
        }
        assertEquals("old", Files.readString(file));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(file), files.toList());
        }
        assertThrows(IOException.class, () -> JsonLines.write(folder.resolve("missing/out.jsonl")));
    }

    @Provide
    Arbitrary<List<Tuple.Tuple2<Boolean, String>>> lines() {
        Arbitrary<Tuple.Tuple2<Boolean, String>> good = Combinators.combine(
                        Arbitraries.strings().ofMaxLength(20), Arbitraries.longs())
                .as((text, number) -> Tuple.of(
                        true,
                        JsonLines.row()
                                .put("t", text)
                                .put("n", number)
                                .toString()
                                .replaceAll("[\ud800-\udfff]", "?")));
        Arbitrary<Tuple.Tuple2<Boolean, String>> bad = Arbitraries.of(
                        "{",
                        "}",
                        "[]",
                        "1",
                        "\"x\"",
                        "{\"a\" 1}",
                        "{\"a\":01}",
                        "nul",
                        "{}{}",
                        "{\"a\":1,\"a\":1}",
                        "\u0001",
                        "{\"a\":\"\t\"}")
                .map(line -> Tuple.of(false, line));
        return Arbitraries.oneOf(good, bad).list().ofMaxSize(30);
    }

    @Property(tries = 200)
    void eachLineIsReadOrRejectedByItsNumber(@ForAll("lines") List<Tuple.Tuple2<Boolean, String>> lines)
            throws IOException {
        Path file = Files.createTempFile("rows", ".jsonl");
        try {
            Files.writeString(
                    file,
                    String.join("\n", lines.stream().map(Tuple.Tuple2::get2).toList()));
            List<Rejection> bad = new ArrayList<>();
            List<Long> numbers = new ArrayList<>();
            try (Stream<JsonLines.Row> rows = JsonLines.read(file, Rejects.into(bad))) {
                rows.forEach(row -> numbers.add(row.line()));
            }
            List<Long> expected = new ArrayList<>();
            List<String> expectedBad = new ArrayList<>();
            for (int i = 0; i < lines.size(); i++) {
                if (lines.get(i).get1()) {
                    expected.add(i + 1L);
                } else {
                    expectedBad.add("line " + (i + 1));
                }
            }
            assertEquals(expected, numbers);
            assertEquals(expectedBad, bad.stream().map(Rejection::place).toList());
        } finally {
            Files.delete(file);
        }
    }

    @Test
    void aMillionRowsNeedTheMemoryOfOne() throws IOException {
        Path file = folder.resolve("million.jsonl");
        byte[] row = ("{\"instruction\":\"" + "words ".repeat(8) + "\",\"n\":1}\n").getBytes(StandardCharsets.UTF_8);
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
            for (int i = 0; i < 1_000_000; i++) {
                out.write(row);
            }
        }
        try (Stream<JsonLines.Row> rows = JsonLines.read(file, Rejects.refuse())) {
            Iterator<JsonLines.Row> iterator = rows.iterator();
            long count = 0;
            long early = 0;
            while (iterator.hasNext()) {
                assertFalse(iterator.next().fields().isEmpty());
                count++;
                if (count == 1000) {
                    early = used();
                }
            }
            assertEquals(1_000_000, count);
            assertTrue(used() - early < 5 << 20, "grew by " + (used() - early) + " bytes");
        }
    }

    private static long used() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    @Test
    void aPairOfFilesAppearsTogether() throws IOException {
        Path rows = Files.writeString(folder.resolve("a.jsonl"), "{\"old\":1}\n");
        Path rejected = Files.writeString(folder.resolve("a.rejected.jsonl"), "{\"old\":2}\n");
        try (JsonLines.Writer first = JsonLines.write(rows);
                JsonLines.Writer second = JsonLines.write(rejected)) {
            first.write(JsonLines.row().put("new", 1));
            second.write(JsonLines.row().put("new", 2));
            Rows.commit(first, second, rejected);
        }
        assertEquals("{\"new\":1}\n", Files.readString(rows));
        assertEquals("{\"new\":2}\n", Files.readString(rejected));
        try (JsonLines.Writer first = JsonLines.write(rows)) {
            Rows.commit(first, null, rejected);
        }
        assertEquals("", Files.readString(rows));
        assertFalse(Files.exists(rejected));
    }

    /** As a process leaves it that is killed after it has written down what it is about to do. */
    @Test
    void aPairThatWasBegunIsCompletedByItsReader() throws IOException {
        Path rows = Files.writeString(folder.resolve("a.jsonl"), "{\"old\":1}\n");
        Path rejected = Files.writeString(folder.resolve("a.rejected.jsonl"), "{\"old\":2}\n");
        Files.writeString(folder.resolve(".a.jsonl.00000000-0000-0000-0000-000000000001.part"), "{\"new\":1}\n");
        Files.writeString(
                folder.resolve(".a.jsonl.commit"),
                "{\"a.jsonl\":\".a.jsonl.00000000-0000-0000-0000-000000000001.part\",\"a.rejected.jsonl\":null}");
        try (Stream<JsonLines.Row> read = JsonLines.read(rows, Rejects.refuse())) {
            assertEquals(
                    List.of("{\"new\":1}"),
                    read.map(row -> row.fields().toString()).toList());
        }
        assertFalse(Files.exists(rejected));
        assertFalse(Files.exists(folder.resolve(".a.jsonl.commit")));
    }

    @Test
    void rowsThatUnpackToTooManyTimesTheirSizeEndThere() throws IOException {
        Path file = folder.resolve("bomb.jsonl.gz");
        byte[] line = ("{\"text\":\"" + "x".repeat(1 << 20) + "\"}\n").getBytes(StandardCharsets.UTF_8);
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            for (int i = 0; i < 100; i++) {
                out.write(line);
            }
        }
        List<Rejection> rejected = new ArrayList<>();
        try (Stream<JsonLines.Row> rows = JsonLines.read(file, Rejects.into(rejected))) {
            assertTrue(rows.count() < 65);
        }
        assertEquals(1, rejected.size());
        assertTrue(rejected.get(0).reason().startsWith("unpacks to more than 200 times its size, at byte 671"));
        System.setProperty("humpback.max.expansion", "2000");
        try (Stream<JsonLines.Row> rows = JsonLines.read(file, Rejects.refuse())) {
            assertEquals(100, rows.count());
        } finally {
            System.clearProperty("humpback.max.expansion");
        }
    }
}
