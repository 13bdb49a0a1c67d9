package io.humpback.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.Augmenter.Attempt;
import io.humpback.Rubric;
import io.humpback.data.DataException;
import io.humpback.data.web.Corpus;
import io.humpback.internal.Sha256;
import io.humpback.quality.Drop;
import io.humpback.run.Humpback.JudgedBy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunResultTest {

    @TempDir
    private Path folder;

    private Humpback run() throws IOException {
        return Humpback.at(folder.resolve("run"))
                .base(new ScriptedLoop())
                .seed(ScriptedLoop.seed(7))
                .corpus(Corpus.segments(ScriptedLoop.corpus(folder.resolve("segments.jsonl"), 60)))
                .keepTopShare(0.3);
    }

    private static List<JudgedPair> candidates(RunResult result) {
        try (Stream<JudgedPair> all = result.candidates()) {
            return all.toList();
        }
    }

    private static List<Attempt> dropped(RunResult result) {
        try (Stream<Attempt> all = result.dropped()) {
            return all.toList();
        }
    }

    @Test
    void candidatesTellWhatBecameOfThemInEachRound() throws IOException {
        RunResult result = run().run();
        List<JudgedPair> all = candidates(result);
        assertEquals(result.candidateCount(), all.size());
        for (int round = 1; round <= 2; round++) {
            int at = round - 1;
            Set<String> kept = new HashSet<>();
            double least = 5;
            try (Stream<KeptPair> pairs = result.kept(round)) {
                for (KeptPair pair : pairs.toList()) {
                    kept.add(pair.id());
                    least = Math.min(least, pair.score());
                }
            }
            assertEquals(
                    kept,
                    all.stream()
                            .filter(pair -> pair.verdicts().get(at).kept())
                            .map(JudgedPair::id)
                            .collect(Collectors.toSet()));
            for (JudgedPair pair : all) {
                JudgedPair.Verdict verdict = pair.verdicts().get(at);
                assertEquals(verdict.rating().value(), verdict.score(), 1e-12);
                if (!verdict.kept()) {
                    assertEquals(
                            new Drop(
                                    Drop.Reason.SCORE_BELOW,
                                    String.format("%.2f, kept from %.2f", verdict.score(), least)),
                            verdict.drop());
                }
            }
        }
    }

    @Test
    void whatCorrectionsAndDiversityDidIsTold() throws IOException {
        RunResult result = run().rubrics(Rubric.paraphrases().subList(0, 2))
                .variancePenalty(0.5)
                .diversity(0.5)
                .rounds(1)
                .keepTopShare(0.9)
                .run();
        Map<String, Long> reasons = new TreeMap<>();
        for (JudgedPair pair : candidates(result)) {
            Drop drop = pair.verdicts().get(0).drop();
            if (drop != null) {
                reasons.merge(drop.reason().key(), 1L, Long::sum);
                assertTrue(
                        drop.reason() == Drop.Reason.NEAR_DUPLICATE
                                || drop.detail()
                                        .matches("\\d\\.\\d\\d before corrections, kept from \\d\\.\\d\\d after"),
                        drop::toString);
            }
        }
        assertEquals(result.funnel().get(3).dropped(), reasons);
    }

    @Test
    void segmentsWithoutACandidateAreGivenWithTheirReason() throws IOException {
        Humpback strict = run().ifd(0.9).rounds(1);
        String message = assertThrows(DataException.class, strict::run).getMessage();
        assertTrue(
                message.endsWith(
                        "M_1 has nothing new to learn: no pair reached the judge of round 1; the funnel says where they"
                                + " were dropped"),
                message);
        RunResult result = RunResult.at(folder.resolve("run"));
        Map<String, Long> reasons = new TreeMap<>();
        for (Attempt attempt : dropped(result)) {
            reasons.merge(attempt.drop().reason().key(), 1L, Long::sum);
        }
        Map<String, Long> counted = new TreeMap<>(result.funnel().get(1).dropped());
        counted.putAll(result.funnel().get(2).dropped());
        assertEquals(counted, reasons);
        assertTrue(reasons.containsKey("not helped") && reasons.containsKey("response copied"), reasons::toString);
    }

    @Test
    void settingsAndFingerprintsAreThoseOfTheRun() throws IOException {
        RunResult result = run().run();
        assertEquals("best share 0.3", result.settings().get("keep"));
        assertEquals(0, result.pages());
        assertEquals(
                List.of(
                        "seed",
                        "segments",
                        "train-M_yx",
                        "augment",
                        "train-M_0",
                        "score-1",
                        "curate-1",
                        "train-M_1",
                        "score-2",
                        "curate-2",
                        "train-M_2",
                        "export"),
                List.copyOf(result.seconds().keySet()));
        Map<String, String> fingerprints = result.fingerprints();
        assertEquals("scripted", fingerprints.get("base"));
        assertEquals(result.adapter("M_1").fingerprint(), fingerprints.get("M_1"));
        assertEquals(
                Sha256.of(result.directory().resolve("export/curated.jsonl")),
                fingerprints.get("export/curated.jsonl"));
    }

    @Test
    void aRunThatWasStoppedTellsWhatThereIs() throws IOException {
        Humpback stopping = run().listener(new RunListener() {
            @Override
            public void began(String stage) {
                if (stage.equals("score-2")) {
                    throw new IllegalStateException("enough");
                }
            }
        });
        assertThrows(IllegalStateException.class, stopping::run);
        RunResult result = RunResult.at(folder.resolve("run"));
        assertEquals(1, result.rounds());
        assertTrue(candidates(result).stream().allMatch(pair -> pair.verdicts().size() == 1));
        assertEquals(Set.of("base", "M_yx", "M_0", "M_1"), result.fingerprints().keySet());
        assertThrows(DataException.class, () -> RunResult.at(folder));
    }

    @Test
    void withoutAJudgeAllAreKeptAndHaveNoScore() throws IOException {
        RunResult result = run().judge(JudgedBy.NONE).rounds(1).run();
        for (JudgedPair pair : candidates(result)) {
            assertEquals(
                    new JudgedPair.Verdict(Double.NaN, null, null),
                    pair.verdicts().get(0));
        }
    }
}
