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
    void aShareBecomesTheTestSplitAndSplitsAreKept() throws IOException {
        String[] rows = new String[200];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = "{\"instruction\": \"Question " + i / 2 + "?\", \"response\": \"Answer " + i + ".\"}";
        }
        Path in = Ran.write(folder.resolve("in.jsonl"), rows);
        Path hub = folder.resolve("hub");
        Ran.command("convert", "--in", in, "--out", hub, "--test-share", 0.2, "--seed", 7)
                .done();
        Path train = split(hub, "train");
        Path test = split(hub, "test");
        int tested = Ran.rows(test).size();
        assertTrue(tested > 20 && tested < 60 && tested % 2 == 0, "" + tested);
        assertEquals(200, Ran.rows(train).size() + tested);
        assertTrue(Files.readString(hub.resolve("README.md")).contains("  - split: test\n    path: data/test-*\n"));

        Path again = folder.resolve("again");
        Ran.command("convert", "--in", hub, "--split", "train,test", "--to", "alpaca", "--out", again)
                .done();
        assertEquals(Ran.rows(test), Ran.rows(split(again, "test")));
        assertEquals(Ran.rows(train), Ran.rows(split(again, "train")));

        Ran ran = Ran.command("convert", "--in", in, "--out", folder.resolve("x.jsonl"), "--test-share", 0.2);
        assertEquals(2, ran.status());
        assertTrue(ran.err().contains("x.jsonl, expected a folder, or a name without a dot"), ran.err());
        ran = Ran.command("convert", "--in", in, "--out", hub, "--test-share", 2);
        assertEquals(2, ran.status());
        assertTrue(ran.err().contains("--test-share = 2.0: expected in [0, 1]"), ran.err());
    }

    private Path split(Path hub, String name) {
        Path out = folder.resolve(hub.getFileName() + "-" + name + ".jsonl");
        Ran.command("convert", "--in", hub, "--split", name, "--out", out).done();
        return out;
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
    void allOtherColumnsComeOutAgain() throws IOException {
        Path in = Ran.write(folder.resolve("q.csv"), "id;q;a;note", "7;Why?;Because;x", "8;How?;\"So;\";=1+1");
        Path out = folder.resolve("o.csv");
        Ran.command("convert", "--in", in, "--fields", "instruction=q,response=a", "--out", out)
                .done();
        assertEquals("id,instruction,response,note\n7,Why?,Because,x\n8,How?,So;,\"'=1+1\"\n", Files.readString(out));
        Path back = folder.resolve("back.tsv");
        Ran.command("convert", "--in", out, "--to", "alpaca", "--out", back).done();
        assertEquals(
                "id\tinstruction\tinput\toutput\tnote\n7\tWhy?\t\tBecause\tx\n8\tHow?\t\tSo;\t\"'=1+1\"\n",
                Files.readString(back));
    }

    @Test
    void columnsThatAreNotThereAndNamesThatAreTakenAreRefused() throws IOException {
        Path in = Ran.write(folder.resolve("q.csv"), "id,q,a,instruction", "7,Why?,Because,sys");
        Path out = folder.resolve("o.jsonl");
        Ran ran = Ran.command("convert", "--in", in, "--fields", "instruction=question,response=a", "--out", out);
        assertEquals(1, ran.status());
        assertEquals(
                "humpback: " + in + ": found the columns id, q, a, instruction, expected question for --fields "
                        + "instruction=question",
                ran.err().strip());
        ran = Ran.command("convert", "--in", in, "--fields", "instruction=q,response=a", "--out", out);
        assertEquals(1, ran.status());
        assertTrue(ran.err().contains(": found a column instruction beside q, expected another name"), ran.err());
        Ran.command("convert", "--in", in, "--fields", "instruction=q,response=a,system=instruction", "--out", out)
                .done();
        assertEquals(
                "{\"id\":\"7\",\"instruction\":\"Why?\",\"response\":\"Because\",\"system\":\"sys\"}\n",
                Files.readString(out));
        ran = Ran.command("convert", "--in", in, "--fields", "x=id,y=q", "--out", out);
        assertEquals(1, ran.status());
        assertTrue(ran.err().contains("expected instruction and response"), ran.err());
    }

    @Test
    void nothingReadIsAFailureWithItsReasonAndAnOlderFileStays() throws IOException {
        Path out = Ran.write(folder.resolve("o.jsonl"), "older");
        for (String name : List.of("a16-pretty.json", "a20-utf16.jsonl", "c11-latin1.csv", "x04.jsonl.zst")) {
            for (Object[] more : new Object[][] {{"--to", "pairs"}, {"--from", "alpaca"}}) {
                Ran ran = Ran.command(
                        "convert", "--in", Ran.shared("cases/found-no-rows/" + name), "--out", out, more[0], more[1]);
                assertEquals(1, ran.status(), name);
                assertTrue(ran.err().contains(": found no rows, line "), ran.err());
                assertEquals("older\n", Files.readString(out));
            }
        }
        Path in = Ran.write(folder.resolve("i.jsonl"), "{\"instruction\":\"\",\"output\":\"x\"}");
        Ran ran = Ran.command("convert", "--in", in, "--out", out);
        assertEquals(1, ran.status());
        assertTrue(ran.err().contains("line 1: instruction: empty, expected a text"), ran.err());
        assertEquals("older\n", Files.readString(out));
    }

    @Test
    void oneSplitOfAFolderIsRead() throws IOException {
        Path out = folder.resolve("o.jsonl");
        Path hub = Ran.shared("cases/hub-folder-splits/hub");
        Ran.command("convert", "--in", hub, "--out", out).done();
        assertEquals("{\"instruction\":\"train1\",\"response\":\"r\"}\n", Files.readString(out));
        Ran.command("convert", "--in", hub, "--split", "test,validation", "--out", out)
                .done();
        assertEquals("test1", Ran.rows(out).get(0).get("instruction").textValue());
        assertEquals(
                1,
                Ran.command("convert", "--in", hub, "--split", "dev", "--out", out)
                        .status());
    }

    @Test
    void wrongUseIsRefused() {
        Path out = folder.resolve("o.jsonl");
        for (Object[] wrong : new Object[][] {
            {"--to", "oasst-trees"},
            {"--to", "x"},
            {"--from", "x"},
            {"--fields", "a"},
            {"--fields", "a=b,c"},
            {"--fields", "a=b,c=b"},
            {"--separator", "\""},
            {"--sample", -1}
        }) {
            assertEquals(
                    2,
                    Ran.command("convert", "--in", alpaca, "--out", out, wrong[0], wrong[1])
                            .status(),
                    () -> wrong[0] + " " + wrong[1]);
        }
    }
}
