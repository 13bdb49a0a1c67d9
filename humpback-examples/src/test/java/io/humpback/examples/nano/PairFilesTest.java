package io.humpback.examples.nano;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.examples.cli.Ran;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pairs and labels that come with nano, and what can be seen with them without a download. */
class PairFilesTest {

    @TempDir
    private Path folder;

    @Test
    void theLabelsAreWhatTheTruthOfTheWorldSays() throws IOException {
        assertEquals(0, Ran.command("nano", "pairs", "--out", folder).status());
        Map<String, JsonNode> pairs = new HashMap<>();
        Ran.rows(folder.resolve("pairs.jsonl"))
                .forEach(row -> pairs.put(row.get("id").textValue(), row));
        List<JsonNode> labels = Ran.rows(folder.resolve("truth.jsonl"));
        assertEquals(400, pairs.size());
        assertEquals(100, labels.size());
        Truth truth = new Truth(World.of(6001, 40));
        int good = 0;
        for (JsonNode label : labels) {
            JsonNode pair = pairs.get(label.get("id").textValue());
            Flaw flaw = truth.flaw(
                    pair.get("instruction").textValue(), pair.get("response").textValue());
            assertEquals(flaw == Flaw.NONE ? 1 : 0, label.get("label").intValue(), pair::toString);
            assertEquals(.25, label.get("drawn_with").doubleValue());
            good += label.get("label").intValue();
        }
        assertTrue(good > 25 && good < 55, good + " good ones");
    }

    @Test
    void theSameSeedGivesTheSameFilesAndAnotherSeedOthers() throws IOException {
        for (String name : List.of("a", "b", "c")) {
            assertEquals(
                    0,
                    Ran.command("nano", "pairs", "--out", folder.resolve(name), "--seed", name.equals("c") ? 2 : 1)
                            .status());
        }
        assertEquals(-1, Files.mismatch(folder.resolve("a/pairs.jsonl"), folder.resolve("b/pairs.jsonl")));
        assertEquals(-1, Files.mismatch(folder.resolve("a/truth.jsonl"), folder.resolve("b/truth.jsonl")));
        assertTrue(Files.mismatch(folder.resolve("a/pairs.jsonl"), folder.resolve("c/pairs.jsonl")) >= 0);
    }

    @Test
    void moreLabelsThanPairsAreWrongUse() {
        assertEquals(
                2,
                Ran.command("nano", "pairs", "--out", folder, "--labels", 401).status());
    }

    @Test
    void scoreEvaluateCurateAndLabelRunOnThem() throws Exception {
        Path scores = folder.resolve("scores.jsonl");
        Path truth = folder.resolve("truth.jsonl");
        Path kept = folder.resolve("kept.jsonl");
        assertEquals(0, Ran.command("nano", "pairs", "--out", folder).status());
        Ran scored = Ran.onnx("score", "--model", "nano", "--in", folder.resolve("pairs.jsonl"), "--out", scores);
        assertEquals(0, scored.status(), scored.err());

        JsonNode agreement = Ran.command("evaluate", "--scores", scores, "--labels", truth, "--json")
                .summary();
        assertEquals(100, agreement.get("rows").intValue());
        assertTrue(agreement.get("roc_auc").get("value").doubleValue() > .75, agreement::toString);
        assertTrue(agreement.get("worth").get("rows").intValue() > 390, agreement::toString);

        Ran refused = curate(scores, truth, kept, ".9");
        assertEquals(1, refused.status());
        assertTrue(refused.err().contains("a precision of 0.9 cannot be promised"), refused.err());
        JsonNode curated = curate(scores, truth, kept, ".65").summary();
        assertEquals(100, curated.get("labels").intValue(), curated::toString);
        Truth known = new Truth(World.of(6001, 40));
        List<JsonNode> rows = Ran.rows(kept);
        double good = rows.stream()
                .filter(row -> known.flaw(
                                row.get("instruction").textValue(),
                                row.get("response").textValue())
                        == Flaw.NONE)
                .count();
        assertTrue(rows.size() > 100, curated::toString);
        assertTrue(good / rows.size() >= .65, () -> good + " good of " + rows.size());

        assertTrue(labelPage(scores, truth).err().contains("open http://127.0.0.1:"));
    }

    private static Ran curate(Path scores, Path truth, Path kept, String precision) {
        return Ran.command(
                "curate", "--in", scores, "--out", kept, "--labels", truth, "--precision", precision, "--json");
    }

    /** The command label, with its page opened and the command stopped as by Ctrl-C. */
    private Ran labelPage(Path scores, Path truth) throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        CompletableFuture<Ran> ran = new CompletableFuture<>();
        Thread working =
                new Thread(() -> ran.complete(Ran.command("label", "--in", scores, "--with", truth, "--port", port)));
        working.start();
        for (int attempt = 0; attempt < 300 && !ran.isDone(); attempt++) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                assertTrue(socket.isConnected());
                break;
            } catch (IOException e) {
                Thread.sleep(100); // not open yet
            }
        }
        working.interrupt();
        return ran.get(60, TimeUnit.SECONDS);
    }
}
