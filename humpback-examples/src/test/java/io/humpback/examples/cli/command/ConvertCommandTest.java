package io.humpback.examples.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.examples.cli.Ran;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConvertCommandTest {

    @TempDir
    private Path folder;

    private Path alpaca;

    @BeforeEach
    void rows() throws IOException {
        alpaca = Ran.write(
                folder.resolve("alpaca.jsonl"),
                "{\"instruction\":\"Add.\",\"input\":\"1+1\",\"output\":\"2\"}",
                "{\"instruction\":\"Say <|eot_id|>\",\"input\":\"\",\"output\":\"it\"}",
                "{\"instruction\":\"\",\"output\":\"x\"}");
    }

    @Test
    void everyFormatThatIsWrittenComesBack() throws IOException {
        Path pairs = folder.resolve("pairs.jsonl");
        Ran.command("convert", "--in", alpaca, "--out", pairs).done();
        for (String to : List.of("alpaca", "sharegpt", "messages", "prompt-completion", "pairs")) {
            for (String name : List.of("x.jsonl", "x.json", "x.parquet", "hub")) {
                Path there = folder.resolve(name);
                Path back = folder.resolve("back.jsonl");
                Ran.command("convert", "--in", pairs, "--out", there, "--to", to)
                        .done();
                JsonNode summary = Ran.command("convert", "--in", there, "--out", back, "--json")
                        .done()
                        .summary();
                assertEquals(to, summary.get("from").textValue());
                assertEquals(Files.readString(pairs), Files.readString(back), to + " " + name);
            }
        }
        assertEquals("Add.\n\n1+1", Ran.rows(pairs).get(0).get("instruction").textValue());
        assertTrue(Files.exists(folder.resolve("hub/README.md")));
    }

    @Test
    void rejectedRowsAreListedAndTheCountsAddUp() throws IOException {
        Path out = folder.resolve("x.parquet");
        JsonNode summary = Ran.command("convert", "--in", alpaca, "--out", out, "--json")
                .done()
                .summary();
        assertEquals(3, summary.get("rows_read").intValue());
        assertEquals(2, summary.get("examples").intValue());
        assertEquals(1, summary.get("rejected").intValue());
        JsonNode rejected = Ran.rows(folder.resolve("x.rejected.jsonl")).get(0);
        assertEquals(3, rejected.get("line").intValue());
        assertEquals(
                1,
                Ran.command("convert", "--in", alpaca, "--out", out, "--strict").status());
    }

    @Test
    void aSampleIsDrawnBySeed() throws IOException {
        Path a = folder.resolve("a.jsonl");
        Path b = folder.resolve("b.jsonl");
        Ran.command("convert", "--in", alpaca, "--out", a, "--sample", 1, "--seed", 3)
                .done();
        Ran.command("convert", "--in", alpaca, "--out", b, "--sample", 1, "--seed", 3)
                .done();
        assertEquals(1, Ran.rows(a).size());
        assertEquals(Files.readString(a), Files.readString(b));
    }

    @Test
    void fieldsAreMapped() throws IOException {
        Path in = Ran.write(folder.resolve("q.csv"), "q,a", "Why?,Because.");
        Path out = folder.resolve("o.jsonl");
        Ran.command("convert", "--in", in, "--fields", "q,a", "--out", out).done();
        assertEquals("{\"instruction\":\"Why?\",\"response\":\"Because.\"}\n", Files.readString(out));
        assertEquals(1, Ran.command("convert", "--in", in, "--out", out).status());
    }

    @Test
    void wrongUseIsRefused() {
        Path out = folder.resolve("o.jsonl");
        for (Object[] wrong : new Object[][] {
            {"--to", "oasst-trees"}, {"--to", "x"}, {"--from", "x"}, {"--fields", "a"}, {"--sample", -1}
        }) {
            assertEquals(
                    2,
                    Ran.command("convert", "--in", alpaca, "--out", out, wrong[0], wrong[1])
                            .status(),
                    () -> wrong[0] + " " + wrong[1]);
        }
    }
}
