package io.humpback.data.file;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.ReferenceData;
import io.humpback.data.DataException;
import io.humpback.data.Rejection;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines.Row;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class ParquetTest {

    @TempDir
    Path folder;

    private final List<Rejection> rejected = new ArrayList<>();

    private List<String> read(Path path) throws IOException {
        try (Stream<Row> rows = Rows.read(path, Rejects.into(rejected))) {
            return rows.map(row -> row.line() + " " + row.fields()).toList();
        }
    }

    private static void write(RowWriter writer, String... rows) throws IOException {
        try (writer) {
            for (String row : rows) {
                writer.write((ObjectNode) JsonLines.MAPPER.readTree(row));
            }
            writer.commit();
        }
    }

    private List<String> names(Path of) throws IOException {
        try (Stream<Path> files = Files.list(of)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void columnsAreThoseOfAllRowsAndTextsStayTexts() throws IOException {
        Path file = folder.resolve("x.parquet");
        write(
                Parquet.write(file),
                "{\"day\":\"2024-01-01\",\"n\":1,\"list\":[1,2.5],\"turn\":{\"a b\":\"\\\"\",\"c\":[]}}",
                "{\"n\":2.5,\"more\":true,\"any\":1,\"turn\":{\"d\":null},\"huge\":12345678901234567890}",
                "{\"any\":{\"x\":\"y\"},\"none\":null,\"empty\":{}}");
        assertEquals(
                List.of(
                        "1 {\"day\":\"2024-01-01\",\"n\":1.0,\"list\":[1.0,2.5],\"turn\":{\"a"
                                + " b\":\"\\\"\",\"c\":[],\"d\":null},"
                                + "\"more\":null,\"any\":null,\"huge\":null,\"none\":null,\"empty\":null}",
                        "2 {\"day\":null,\"n\":2.5,\"list\":null,\"turn\":{\"a b\":null,\"c\":null,\"d\":null},"
                                + "\"more\":true,\"any\":\"1\",\"huge\":12345678901234567000.0,\"none\":null,\"empty\":null}",
                        "3 {\"day\":null,\"n\":null,\"list\":null,\"turn\":null,"
                                + "\"more\":null,\"any\":\"{\\\"x\\\":\\\"y\\\"}\",\"huge\":null,\"none\":null,\"empty\":\"{}\"}"),
                read(file));
        assertEquals(List.of(), rejected);
        assertEquals(List.of("x.parquet"), names(folder));
    }

    @Test
    void aNameIsNoPatternAndNoSql() throws IOException {
        for (String name : List.of("a*.parquet", "[ab]?.parquet", "it's'; DROP TABLE x.parquet")) {
            Path file = folder.resolve(name);
            write(Parquet.write(file), "{\"name\":\"" + name + "\"}");
        }
        write(Parquet.write(folder.resolve("ab.parquet")), "{\"name\":\"other\"}");
        for (String name : List.of("a*.parquet", "[ab]?.parquet", "it's'; DROP TABLE x.parquet")) {
            assertEquals(List.of("1 {\"name\":\"" + name + "\"}"), read(folder.resolve(name)));
        }
    }

    @Test
    void aFolderHasTheHubsLayoutAndACard() throws IOException {
        Path hub = folder.resolve("pairs");
        DatasetCard card = DatasetCard.titled("Pairs <b>")
                .license("apache-2.0")
                .description("From a handbook.")
                .setting("model", "SmolLM2 | \n# x")
                .count("pages", 127)
                .table("Funnel", List.of("stage", "out"), List.of(List.of("augment", "12"), List.of("a|b", "3")));
        String[] rows = new String[25];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = "{\"prompt\":[{\"role\":\"user\",\"content\":\"" + i + "\"}],\"score\":4.5,\"p\":[0.5]}";
        }
        write(HubFolder.write(hub, card, 600, false), rows);
        assertEquals(3, names(hub.resolve("data")).size());
        write(HubFolder.write(hub, card), rows);
        assertEquals(List.of("train-00000-of-00001.parquet"), names(hub.resolve("data")));
        write(HubFolder.write(hub, card, 600, true), rows);
        assertEquals(List.of("README.md", "data"), names(hub));
        assertEquals(
                List.of("train-00000-of-00003.parquet", "train-00001-of-00003.parquet", "train-00002-of-00003.parquet"),
                names(hub.resolve("data")));
        List<String> back = read(hub);
        assertEquals(25, back.size());
        assertTrue(back.get(24).endsWith("\"content\":\"24\"}],\"score\":4.5,\"p\":[0.5]}"), back.get(24));
        String readme = Files.readString(hub.resolve("README.md"));
        for (String part : List.of(
                "license: \"apache-2.0\"\n",
                "configs:\n- config_name: default\n  data_files:\n  - split: train\n    path: data/train-*\n",
                "  features:\n  - name: \"prompt\"\n    list:\n    - name: \"role\"\n      dtype: string\n"
                        + "    - name: \"content\"\n      dtype: string\n  - name: \"score\"\n    dtype: float64\n"
                        + "  - name: \"p\"\n    list: float64\n",
                "size_categories:\n- n<1K\n",
                "    num_examples: 25\n",
                "# Pairs \\<b\\>\n",
                "| model | SmolLM2 \\|  \\# x |\n",
                "load_dataset(\"parquet\", ",
                "| pages | 127 |\n",
                "## Funnel\n\n| stage | out |\n| --- | --- |\n| augment | 12 |\n| a\\|b | 3 |\n")) {
            assertTrue(readme.contains(part), () -> part + " in " + readme);
        }
    }

    @Test
    void splitsHaveFilesOfTheirOwnAndTheCardNamesThem() throws IOException {
        for (boolean parquet : new boolean[] {true, false}) {
            Path hub = folder.resolve("splits" + parquet);
            try (HubFolder.SplitWriter out = HubFolder.write(hub, DatasetCard.titled("Pairs"), 5, parquet)) {
                out.split("test");
                out.write(JsonLines.row().put("a", 1));
                out.split("train");
                out.write(JsonLines.row().put("a", 2));
                out.write(JsonLines.row().put("b", "only here"));
                out.split("dev.hard");
                out.write(JsonLines.row().put("a", 4));
                assertThrows(IllegalArgumentException.class, () -> out.split("a/b"));
                out.commit();
            }
            String kind = parquet ? ".parquet" : ".jsonl";
            assertEquals(
                    List.of(
                            "dev.hard-00000-of-00001" + kind,
                            "test-00000-of-00001" + kind,
                            "train-00000-of-00002" + kind,
                            "train-00001-of-00002" + kind),
                    names(hub.resolve("data")));
            try (Stream<JsonLines.Row> rows = RowSource.of(hub).splits("test").read(Rejects.refuse())) {
                assertEquals(
                        List.of(1),
                        rows.map(row -> row.fields().get("a").intValue()).toList());
            }
            assertEquals(2, read(hub).size());
            String readme = Files.readString(hub.resolve("README.md"));
            for (String part : List.of(
                    "  data_files:\n  - split: train\n    path: data/train-*\n  - split: dev.hard\n"
                            + "    path: data/dev.hard-*\n  - split: test\n    path: data/test-*\n",
                    "  splits:\n  - name: train\n    num_bytes: 26\n    num_examples: 2\n",
                    "  - name: test\n    num_bytes: 8\n    num_examples: 1\n",
                    "  dataset_size: 42\n",
                    "4 rows (2 of train, 1 of dev.hard, 1 of test). Load them",
                    "data_files={\"train\": \"data/train-*\", \"dev.hard\": \"data/dev.hard-*\", ")) {
                assertTrue(readme.contains(part), () -> part + " in " + readme);
            }
            write(HubFolder.write(hub), "{\"a\":1}");
            assertEquals(1, names(hub.resolve("data")).size(), "the older splits are replaced");
        }
    }

    @Test
    void aTextIsAlwaysInTheSameSplit() {
        int test = 0;
        for (int i = 0; i < 10_000; i++) {
            String split = HubFolder.split("instruction " + i, 0.1, 1);
            assertEquals(split, HubFolder.split("instruction " + i, 0.1, 1));
            assertTrue(split.equals("train")
                    || HubFolder.split("instruction " + i, 0.2, 1).equals("test"));
            test += split.equals("test") ? 1 : 0;
        }
        assertEquals(1000, test, 100);
        assertEquals("train", HubFolder.split("a", 0, 1));
        assertEquals("test", HubFolder.split("a", 1, 1));
        assertThrows(IllegalArgumentException.class, () -> HubFolder.split("a", Double.NaN, 1));
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void theLibraryThatDuckDbUnpacksHasNoNameOnceItIsLoaded() throws IOException {
        write(Parquet.write(folder.resolve("a.parquet")), "{\"a\":1}");
        List<String> mapped = Files.readAllLines(Path.of("/proc/self/maps")).stream()
                .filter(line -> line.contains("/libduckdb_java"))
                .toList();
        assertFalse(mapped.isEmpty());
        assertTrue(mapped.stream().allMatch(line -> line.endsWith(" (deleted)")), mapped::toString);
        assertEquals(1, read(folder.resolve("a.parquet")).size());
    }

    @Test
    void withoutDuckDbTheFolderHoldsJsonLines() throws IOException {
        Path hub = folder.resolve("pairs");
        write(HubFolder.write(hub, DatasetCard.titled("Pairs"), 10, false), "{\"a\":1.50}", "{\"b\":[\"\u00e9\"]}");
        assertEquals(List.of("train-00000-of-00002.jsonl", "train-00001-of-00002.jsonl"), names(hub.resolve("data")));
        assertEquals("{\"a\":1.50}\n", Files.readString(hub.resolve("data/train-00000-of-00002.jsonl")));
        String readme = Files.readString(hub.resolve("README.md"));
        assertTrue(readme.contains("load_dataset(\"json\", data_files={\"train\": \"data/train-*\"})"), readme);
        assertTrue(readme.contains("download_size: " + 24), readme);
    }

    @Test
    void theSameRowsGiveTheSameBytes() throws IOException {
        String[] rows = new String[60_000];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = "{\"n\":" + i + ",\"text\":\"" + "word".repeat(i % 50) + "\",\"p\":[0.1," + i + ".5]}";
        }
        List<byte[]> written = new ArrayList<>();
        for (String name : List.of("a", "b")) {
            write(HubFolder.write(folder.resolve(name), DatasetCard.titled("Rows")), rows);
            written.add(Files.readAllBytes(folder.resolve(name).resolve("data/train-00000-of-00001.parquet")));
        }
        assertArrayEquals(written.get(0), written.get(1));
    }

    /** As a process leaves it that is killed after the first of the changes. */
    @Test
    void aFolderWhoseReplacementWasBegunIsReadAsTheNewOne() throws IOException {
        Path hub = folder.resolve("hub");
        write(HubFolder.write(hub, DatasetCard.titled("old"), 1, true), "{\"a\":1}", "{\"a\":2}", "{\"a\":3}");
        Path data = hub.resolve("data");
        write(Parquet.write(data.resolve("train-00000-of-00001.parquet")), "{\"a\":4}");
        Files.writeString(hub.resolve(".README.md.00000000-0000-0000-0000-000000000001.part"), "new");
        Files.writeString(
                folder.resolve(".hub.commit"),
                "{\"hub/data/train-00000-of-00001.parquet\":\"hub/data/.train.00000000-0000-0000-0000-000000000000.part\",\"hub/data/train-00000-of-00003.parquet\":null,"
                        + "\"hub/data/train-00001-of-00003.parquet\":null,\"hub/data/train-00002-of-00003.parquet\":null,"
                        + "\"hub/README.md\":\"hub/.README.md.00000000-0000-0000-0000-000000000001.part\"}");
        assertEquals(List.of("1 {\"a\":4}"), read(hub));
        assertEquals("new", Files.readString(hub.resolve("README.md")));
        assertEquals(List.of("train-00000-of-00001.parquet"), names(data));
        assertEquals(List.of("hub"), names(folder));
    }

    @Test
    void whatIsNotCommittedLeavesNothing() throws IOException {
        Path file = Files.writeString(folder.resolve("x.parquet"), "old");
        try (RowWriter out = Parquet.write(file)) {
            out.write(JsonLines.row().put("a", 1));
        }
        assertEquals("old", Files.readString(file));
        try (RowWriter out = HubFolder.write(folder.resolve("hub"))) {
            out.write(JsonLines.row().put("a", 1));
        }
        assertEquals(List.of("hub", "x.parquet"), names(folder));
        assertEquals(List.of(), names(folder.resolve("hub/data")));
        try (RowWriter out = Parquet.write(file)) {
            assertTrue(
                    assertThrows(DataException.class, out::commit).getMessage().contains("no rows"));
        }
        assertEquals("old", Files.readString(file));
    }

    /** A Parquet file of one row, as DuckDB writes it. */
    private Path table(String columns) throws SQLException {
        Path file = folder.resolve("table.parquet");
        try (Connection database = DriverManager.getConnection("jdbc:duckdb:");
                Statement statement = database.createStatement()) {
            statement.execute("COPY (SELECT " + columns + ") TO '" + file + "' (FORMAT parquet)");
        }
        return file;
    }

    @Test
    void bytesWithoutTheMarkOfTextAreTextAtAnyDepth() throws Exception {
        String cafe = "'caf\\xC3\\xA9'::BLOB";
        assertEquals(
                List.of("1 {\"text\":\"caf\u00e9\",\"turns\":[{\"role\":\"caf\u00e9\",\"n\":1},null],"
                        + "\"map\":{\"k\":\"caf\u00e9\"},\"we\\\"ird, (x\":{\"b c\":\"caf\u00e9\",\"d\\\"e\":\"x\"},"
                        + "\"lists\":[[\"caf\u00e9\",null],null],\"none\":null,"
                        + "\"image\":{\"bytes\":{\"bytes_not_utf8\":2},\"path\":\"p\"}}"),
                read(table(cafe + " AS text, [{'role':" + cafe + ",'n':1},NULL] AS turns, MAP{'k':" + cafe
                        + "} AS map, {'b c':" + cafe + ",'d\"e':'x'} AS \"we\"\"ird, (x\", [[" + cafe
                        + ",NULL],NULL] AS lists, NULL::BLOB AS none,"
                        + " {'bytes':'\\xFF\\xFE'::BLOB,'path':'p'} AS image")));
        assertEquals(List.of(), rejected);
        assertEquals(
                List.of(
                        "1 {\"instruction\":\"Do x.\",\"response\":\"Done\"}",
                        "2 {\"instruction\":\"caf\u00e9\",\"response\":{\"bytes_not_utf8\":2}}"),
                read(ReferenceData.file("cases/parquet-binary-columns/p08-binary.parquet")));
    }

    @Test
    void aColumnMayHaveAnyName() throws Exception {
        for (String name : List.of("row", "Row", "ROW", "to_json", "$ 1", "select", "a\"\"b", "struct_pack")) {
            String json = name.replace("\"\"", "\\\"");
            assertEquals(List.of("1 {\"" + json + "\":7,\"q\":\"x\"}"), read(table("7 AS \"" + name + "\", 'x' AS q")));
            assertEquals(
                    List.of("1 {\"" + json + "\":{\"q\":\"inner\"},\"q\":\"outer\"}"),
                    read(table("{'q':'inner'} AS \"" + name + "\", 'outer' AS q")));
            assertEquals(
                    List.of("1 {\"" + json + "\":null,\"q\":[\"x\"]}"),
                    read(table("NULL::INTEGER AS \"" + name + "\", ['x'::BLOB] AS q")));
        }
        assertEquals(
                List.of(
                        "1 {\"row\":{\"instruction\":\"inner\",\"response\":\"x\"},\"instruction\":\"outer\",\"response\":\"a\"}",
                        "2 {\"row\":{\"instruction\":\"inner\",\"response\":\"x\"},\"instruction\":\"outer2\",\"response\":\"b\"}"),
                read(ReferenceData.file("cases/parquet-row-column/r1.parquet")));
        assertEquals(
                2,
                read(ReferenceData.file("cases/parquet-row-column/r2.parquet")).size());
        assertEquals(List.of(), rejected);
    }

    @Test
    void whatIsNoNumberIsNull() throws Exception {
        assertEquals(
                List.of("1 {\"a\":null,\"b\":[null,1.5],\"c\":{\"d\":null}}"),
                read(table("'NaN'::FLOAT AS a, ['Infinity'::DOUBLE, 1.5] AS b, {'d':'-Infinity'::DOUBLE} AS c")));
        assertEquals(
                2, read(ReferenceData.file("cases/nan-in-rows/p07-nan.parquet")).size());
        assertEquals(List.of(), rejected);
    }

    @Test
    void whatStandsInPlaceOfATableIsNamedWithoutTheStatement() throws Exception {
        byte[] whole = Files.readAllBytes(table("'x' AS a, " + "'" + "long ".repeat(1000) + "' AS b"));
        byte[] damaged = whole.clone();
        Arrays.fill(damaged, 4, 40, (byte) 0x55);
        Path file = folder.resolve("x.parquet");
        for (byte[] bytes : List.of(
                "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n".getBytes(StandardCharsets.UTF_8),
                Arrays.copyOf(whole, whole.length / 2),
                "{\"a\":1}\n".getBytes(StandardCharsets.UTF_8),
                new byte[0],
                new byte[] {0x1f, (byte) 0x8b, 8, 0},
                damaged)) {
            rejected.clear();
            read(Files.write(file, bytes));
            assertEquals(1, rejected.size(), rejected::toString);
            String reason = rejected.get(0).reason();
            assertTrue(reason.endsWith("; the rest is not read"), reason);
            assertFalse(reason.matches("(?i).*(select|read_parquet|LINE 1|Error:|exception|result).*"), reason);
            assertTrue(reason.length() < 500, reason);
        }
        rejected.clear();
        read(ReferenceData.file("cases/git-lfs-pointers/lfs.parquet"));
        assertEquals(
                "the file is a Git LFS pointer and not the file itself, which \"git lfs pull\" fetches, expected"
                        + " Parquet; the rest is not read",
                rejected.get(0).reason());
    }

    @Test
    void filesThatAreNoParquetAreRejected() throws IOException {
        assertEquals(List.of(), read(Files.writeString(folder.resolve("x.parquet"), "no parquet at all, really")));
        assertEquals(1, rejected.size());
        assertEquals("line 1", rejected.get(0).place());
        assertTrue(rejected.get(0).reason().endsWith("; the rest is not read"), rejected::toString);
        assertThrows(NoSuchFileException.class, () -> read(folder.resolve("missing.parquet")));
        assertThrows(DataException.class, () -> read(Files.createDirectory(folder.resolve("empty"))));
    }

    @Test
    void withoutItsLibraryTheErrorNamesIt() throws Exception {
        List<URL> classes = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            if (!entry.contains("duckdb")) {
                classes.add(Path.of(entry).toUri().toURL());
            }
        }
        try (URLClassLoader loader =
                new URLClassLoader(classes.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
            Class<?> rows = loader.loadClass(Rows.class.getName());
            InvocationTargetException e =
                    assertThrows(InvocationTargetException.class, () -> rows.getMethod("write", Path.class)
                            .invoke(null, folder.resolve("x.parquet")));
            assertFalse(e.getCause() instanceof DataException);
            assertInstanceOf(RuntimeException.class, e.getCause());
            assertTrue(
                    e.getCause().getMessage().contains("Parquet needs org.duckdb:duckdb_jdbc"), e.getCause()::toString);
        }
    }
}
