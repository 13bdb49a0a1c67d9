package io.humpback.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.data.DataException;
import io.humpback.data.web.Corpus;
import io.humpback.quality.Labels;
import io.humpback.report.RunReport.Pair;
import io.humpback.report.RunReport.Step;
import io.humpback.run.Humpback;
import io.humpback.run.JudgedPair;
import io.humpback.run.RunResult;
import io.humpback.run.ScriptedLoop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoredRunTest {

    @TempDir
    private Path folder;

    private Humpback loop() throws IOException {
        return Humpback.at(folder.resolve("run"))
                .base(new ScriptedLoop())
                .seed(ScriptedLoop.seed(7))
                .corpus(Corpus.segments(ScriptedLoop.corpus(folder.resolve("segments.jsonl"), 60)))
                .keepTopShare(0.3);
    }

    @Test
    void allPartsAreThoseOfTheRun() throws IOException {
        RunResult result = loop().run();
        RunReport report = StoredRun.read(result.directory(), Labels.none());
        long candidates = result.candidateCount();
        assertEquals(
                List.of(
                        "sections",
                        "segments",
                        "candidates",
                        "judged by M_0",
                        "kept for M_1",
                        "judged by M_1",
                        "kept for M_2"),
                report.funnel().stream().map(Step::name).toList());
        assertEquals(1L, report.funnel().get(0).dropped().get("unreadable"));
        assertEquals(2, report.scores().size());
        assertTrue(report.scores().stream().allMatch(scores -> scores.value().total() == candidates));
        assertEquals(candidates, report.drifts().get(0).drift().rows());
        assertEquals("M_1", report.drifts().get(0).to());
        assertEquals(
                report.drifts().get(0).drift().entered(),
                report.drifts().get(0).drift().left(),
                "as many are kept");
        assertEquals(
                List.of("M_yx", "M_0", "M_1", "M_2"),
                report.losses().stream().map(RunReport.Curve::name).toList());
        assertEquals(ScriptedLoop.STEPS, report.losses().get(3).steps().length);
        assertEquals(candidates, report.lengths().get(1).value().total());
        assertEquals(
                report.funnel().get(6).items(), report.lengths().get(2).value().total());
        assertEquals(candidates, report.verbs().instructions());
        assertEquals(result.seconds(), report.seconds());
        assertEquals("best share 0.3", report.settings().get("keep"));
        assertEquals(result.adapter("M_2").fingerprint(), report.fingerprints().get("M_2"));
    }

    @Test
    void examplesAreOfEveryKindAndTellWhy() throws IOException {
        RunResult result = loop().run();
        List<Pair> pairs = StoredRun.read(result.directory(), Labels.none()).pairs();
        assertEquals(
                result.funnel().get(5).out(), pairs.stream().filter(Pair::kept).count());
        assertTrue(pairs.stream().filter(Pair::kept).allMatch(pair -> pair.distribution() != null));
        assertEquals(
                Set.of("score below", "empty", "response copied"),
                pairs.stream()
                        .filter(pair -> !pair.kept())
                        .map(pair -> pair.reason().replaceFirst(":.*", ""))
                        .collect(Collectors.toSet()));
        assertEquals(pairs, StoredRun.read(result.directory(), Labels.none()).pairs(), "the same examples each time");
    }

    @Test
    void labelsAreFoundByIdAndByThePairItself() throws IOException {
        RunResult result = loop().run();
        StringBuilder rows = new StringBuilder("{\"id\": \"of nothing\", \"label\": 1}\n");
        try (Stream<JudgedPair> candidates = result.candidates()) {
            candidates.limit(20).forEach(pair -> {
                boolean good = pair.verdicts().get(1).score() > 3;
                String which = rows.length() % 2 == 0
                        ? "\"id\": \"" + pair.id() + "\""
                        : "\"instruction\": \"" + pair.candidate().instruction() + "\", \"response\": \""
                                + pair.candidate().response() + "\"";
                rows.append("{" + which + ", \"label\": " + good + "}\n");
            });
        }
        Labels labels = Labels.read(Files.writeString(folder.resolve("labels.jsonl"), rows));
        RunReport report = StoredRun.read(result.directory(), labels);
        assertEquals(21, labels.size());
        assertEquals(20, labels.found());
        assertEquals(
                List.of("M_0", "M_1"),
                report.judges().stream().map(RunReport.Judge::name).toList());
        assertEquals(20, report.judges().get(0).detection().rows());
        assertEquals(1, report.judges().get(1).detection().rocAuc());
        RunReport.Judge last = report.judges().get(1);
        assertEquals(result.candidateCount(), last.all().rows());
        assertEquals(20, last.all().labels());
        assertTrue(last.all().good().low() >= last.detection().positives(), "those are known to be good");
        assertEquals(
                report.funnel().get(report.funnel().size() - 1).items(),
                last.kept().rows());
        Document page = Jsoup.parse(HtmlReport.of(report));
        assertTrue(page.select("h2").eachText().contains("Agreement with labels"));
        assertTrue(page.select("h3").eachText().contains("What they are worth"));
    }

    @Test
    void labelsThatThePageHasLeftAreFoundInTheFolder() throws IOException {
        assertEquals(0, Labels.inFolder(folder).size());
        String id = io.humpback.internal.ContentId.of("Why?", "So."); // of a row that had none
        Files.writeString(
                folder.resolve("labels.jsonl"), "{\"id\": \"" + id + "\", \"label\": 1, \"drawn_with\": 0.25}\n");
        Labels labels = Labels.inFolder(folder);
        assertEquals(1, labels.of("", "Why?", "So."));
        assertEquals(0.25, labels.drawnWith("", "Why?", "So."));
        assertTrue(Double.isNaN(labels.of("", "Why?", "Not so.")));
    }

    @Test
    void labelsThatSayNothingOrTwoThingsAreRefused() throws IOException {
        Path file = Files.writeString(folder.resolve("a.jsonl"), "{\"id\": \"a\"}\n");
        String message =
                assertThrows(DataException.class, () -> Labels.read(file)).getMessage();
        assertTrue(message.contains("a.jsonl: line 1: expected a number as label"), message);
        Path twice = Files.writeString(
                folder.resolve("b.jsonl"), "{\"id\": \"a\", \"label\": 1}\n{\"id\": \"a\", \"label\": 0}\n");
        message = assertThrows(DataException.class, () -> Labels.read(twice)).getMessage();
        assertTrue(message.contains("line 2: label 0.0, but 1.0"), message);
    }

    @Test
    void aRunThatIsNotDoneIsReportedAsFarAsItIs() throws IOException {
        loop().dryRun();
        RunReport report = StoredRun.read(folder.resolve("run"), Labels.none());
        assertEquals(
                List.of("sections", "segments"),
                report.funnel().stream().map(Step::name).toList());
        Document page = Jsoup.parse(HtmlReport.of(report));
        assertEquals(
                List.of("Funnel", "Where the time went", "Settings", "Fingerprints"),
                page.select("h2").eachText());
        assertFalse(RunResult.isIn(folder));
    }
}
