package io.humpback.data.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.data.Example;
import io.humpback.data.Rejection;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.data.format.ExampleFunnel;
import io.humpback.data.format.Examples;
import io.humpback.data.format.Format;
import io.humpback.internal.unpack.GunzipTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Whatever stands in a file, each row is read or rejected with its line number, and the counts add up. */
class RowsTest {

    private static final List<String> NAMES = List.of(
            "instruction",
            "response",
            "input",
            "output",
            "prompt",
            "completion",
            "messages",
            "conversations",
            "role",
            "content",
            "from",
            "value",
            "text",
            "lang",
            "rank",
            "message_id",
            "parent_id",
            "message_tree_id",
            "replies",
            "deleted",
            "instances");

    /** JSON that has the right names in wrong places. */
    private static Arbitrary<String> value(int depth) {
        Arbitrary<String> text = Arbitraries.oneOf(
                        Arbitraries.of(
                                "", "en", "user", "assistant", "human", "gpt", "prompter", "a", "b", "<|eot_id|>"),
                        Arbitraries.strings().ofMaxLength(5))
                .map(s -> JsonLines.row().textNode(s).toString());
        Arbitrary<String> plain =
                Arbitraries.oneOf(text, text, text, Arbitraries.of("0", "1", "null", "true", "-1.5e3", "1e9999"));
        if (depth == 0) {
            return plain;
        }
        Arbitrary<String> list = value(depth - 1).list().ofMaxSize(3).map(items -> "[" + String.join(",", items) + "]");
        return Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(3, plain),
                net.jqwik.api.Tuple.of(1, list),
                net.jqwik.api.Tuple.of(1, object(depth - 1)));
    }

    private static Arbitrary<String> object(int depth) {
        return Combinators.combine(
                        Arbitraries.of(NAMES).list().uniqueElements().ofMaxSize(8),
                        value(depth).list().ofSize(8))
                .as((names, values) -> {
                    List<String> fields = new ArrayList<>();
                    for (int i = 0; i < names.size(); i++) {
                        fields.add('"' + names.get(i) + "\":" + values.get(i));
                    }
                    return "{" + String.join(",", fields) + "}";
                });
    }

    private static final String GOOD =
            "{\"message_id\":\"a\",\"role\":\"prompter\",\"lang\":\"en\",\"text\":\"t\",\"instruction\":\"i\","
                    + "\"response\":\"r\",\"output\":\"o\",\"prompt\":\"p\",\"completion\":\"c\","
                    + "\"messages\":[{\"role\":\"user\",\"content\":\"q\"},{\"role\":\"assistant\",\"content\":\"a\"}],"
                    + "\"conversations\":[{\"from\":\"human\",\"value\":\"q\"},{\"from\":\"gpt\",\"value\":\"a\"}],"
                    + "\"instances\":[{\"output\":\"o\"}]}";

    @Provide
    Arbitrary<List<String>> rows() {
        Arbitrary<String> broken = Arbitraries.of("{", "}", "7", "nul", "{\"a\":1}}", "{\"a\" 1}");
        return Arbitraries.oneOf(object(2), Arbitraries.just(GOOD), broken)
                .list()
                .ofMaxSize(12);
    }

    @Property(tries = 150)
    void everyFormatAccountsForEveryLine(@ForAll("rows") List<String> rows) throws IOException {
        Path file = Files.createTempFile("rows", ".jsonl");
        try {
            Files.writeString(file, String.join("\n", rows));
            for (Format format : Examples.formats()) {
                assertEquals(rows.size(), account(file, format, rows.size()), format.key());
            }
        } finally {
            Files.delete(file);
        }
    }

    @Property(tries = 150)
    void noArrayAndNoTableOfAnyBytesStopsAReader(@ForAll("rows") List<String> rows, @ForAll("rubbish") String rubbish)
            throws IOException {
        for (String suffix : List.of(".json", ".csv", ".tsv")) {
            Path file = Files.createTempFile("rows", suffix);
            try {
                String text = "[" + String.join(",\n", rows) + rubbish + "]";
                Files.write(file, text.getBytes(StandardCharsets.ISO_8859_1));
                long lines = text.chars().filter(c -> c == '\n').count() + 2;
                for (Format format : Examples.formats()) {
                    account(file, format, lines);
                }
            } finally {
                Files.delete(file);
            }
        }
    }

    @Provide
    Arbitrary<String> rubbish() {
        return Arbitraries.strings()
                .withChars('"', ',', '\n', '\r', '\t', '[', ']', '{', '}', '\\', 'a', ':', '\u00ff', '\u0000')
                .ofMaxLength(40);
    }

    /** Rows that were met; each is an example, passed over, or rejected with a line there is. */
    private static long account(Path file, Format format, long lines) throws IOException {
        ExampleFunnel funnel = new ExampleFunnel();
        List<Rejection> rejected = new ArrayList<>();
        try (Stream<Example> examples = Examples.read(file, format, funnel, Rejects.into(rejected))) {
            examples.forEach(example -> assertTrue(
                    !example.instruction().isBlank() && !example.response().isBlank(), example::toString));
        }
        long passedOver =
                funnel.passedOver().values().stream().mapToLong(n -> n).sum();
        assertEquals(rejected.size(), funnel.rejected());
        assertEquals(funnel.rows(), funnel.examples() + funnel.rejected() + passedOver, funnel::toString);
        for (Rejection rejection : rejected) {
            assertTrue(rejection.place().matches("line \\d+"), rejection::toString);
            long line = Long.parseLong(rejection.place().substring(5));
            assertTrue(line >= 1 && line <= lines, rejection::toString);
        }
        return funnel.rows();
    }

    @Property(tries = 100)
    void elementsOfAnArrayAreReadOrRejectedOneByOne(@ForAll("rows") List<String> rows) throws IOException {
        List<String> closed = rows.stream()
                .filter(row -> !row.equals("{") && !row.equals("{\"a\":1}}"))
                .toList();
        Path array = Files.createTempFile("rows", ".json");
        Path lines = Files.createTempFile("rows", ".jsonl");
        try {
            Files.writeString(array, "[" + String.join(",\n", closed) + "]");
            Files.writeString(lines, String.join("\n", closed));
            List<Rejection> ofArray = new ArrayList<>();
            List<Rejection> ofLines = new ArrayList<>();
            assertEquals(read(lines, ofLines), read(array, ofArray));
            assertEquals(
                    ofLines.stream().map(Rejection::place).toList(),
                    ofArray.stream().map(Rejection::place).toList());
        } finally {
            Files.delete(array);
            Files.delete(lines);
        }
    }

    @Property(tries = 20)
    void everyFormatAccountsForEveryRowOfParquet(@ForAll("rows") List<String> rows) throws IOException {
        Path folder = Files.createTempDirectory("rows");
        Path lines = folder.resolve("rows.jsonl");
        Path table = folder.resolve("rows.parquet");
        try {
            Files.writeString(lines, String.join("\n", rows));
            long count = 0;
            try (Stream<Row> good = Rows.read(lines, rejection -> {});
                    RowWriter out = Rows.write(table)) {
                out.write(JsonLines.row().put("prompt", "p")); // a table has a row and a column
                for (Row row : (Iterable<Row>) good::iterator) {
                    out.write(row.fields());
                    count++;
                }
                out.commit();
            }
            for (Format format : Examples.formats()) {
                assertEquals(count + 1, account(table, format, count + 1), format.key());
            }
        } finally {
            Files.deleteIfExists(table);
            Files.delete(lines);
            Files.delete(folder);
        }
    }

    @Property(tries = 200)
    void aDamagedGzipIsReadUpToTheDamageWhichIsRejectedWithItsLine(
            @ForAll @Size(min = 1, max = 40) List<@IntRange(max = 5000) Integer> numbers,
            @ForAll @IntRange(max = 100_000) int at,
            @ForAll @IntRange(max = 7) int bit,
            @ForAll boolean cut)
            throws IOException {
        String text =
                String.join("", numbers.stream().map(n -> "{\"n\":" + n + "}\n").toList());
        byte[] packed = GunzipTest.gzip(text.getBytes(StandardCharsets.UTF_8));
        byte[] damaged = cut ? Arrays.copyOf(packed, at % packed.length) : packed.clone();
        if (!cut) {
            damaged[10 + at % (packed.length - 10)] ^= (byte) (1 << bit); // behind the header, which says little
        }
        Path file = Files.createTempFile("rows", ".jsonl.gz");
        try {
            Files.write(file, damaged);
            List<Rejection> rejected = new ArrayList<>();
            List<String> read = read(file, rejected);
            List<String> whole = new ArrayList<>();
            for (int n : numbers) {
                whole.add((whole.size() + 1) + " {\"n\":" + n + "}");
            }
            if (!cut && rejected.isEmpty()) { // the bits that fill up the last byte before the sum say nothing
                assertEquals(whole, read);
                return;
            }
            assertFalse(rejected.isEmpty(), "damage was not seen");
            Rejection last = rejected.get(rejected.size() - 1);
            assertTrue(last.reason().endsWith("; the rest is not read"), last::toString);
            for (Rejection rejection : rejected) {
                assertTrue(rejection.place().matches("line [1-9]\\d*"), rejection::toString);
            }
            if (cut) { // what was unpacked is right
                assertEquals(whole.subList(0, read.size()), read);
                assertEquals("line " + (read.size() + 1), last.place());
            }
        } finally {
            Files.delete(file);
        }
    }

    private static List<String> read(Path file, List<Rejection> rejected) throws IOException {
        try (Stream<Row> rows = Rows.read(file, Rejects.into(rejected))) {
            return rows.map(row -> row.line() + " " + row.fields()).toList();
        }
    }

    @Property(tries = 100)
    void textsOfATableComeOutAsTheyWentIn(@ForAll List<String> texts) throws IOException {
        Path file = Files.createTempFile("rows", ".csv");
        try {
            StringBuilder csv = new StringBuilder("text,end\r\n");
            List<String> expected = new ArrayList<>();
            for (String any : texts) {
                String text = any.replaceAll("[\ud800-\udfff]", "?");
                csv.append('"').append(text.replace("\"", "\"\"")).append("\",x\r\n");
                expected.add(text);
            }
            Files.writeString(file, csv);
            List<Rejection> rejected = new ArrayList<>();
            try (Stream<Row> rows = Rows.read(file, Rejects.into(rejected))) {
                assertEquals(
                        expected,
                        rows.map(row -> row.fields().get("text"))
                                .map(JsonNode::textValue)
                                .toList());
            }
            assertEquals(List.of(), rejected);
        } finally {
            Files.delete(file);
        }
    }
}
