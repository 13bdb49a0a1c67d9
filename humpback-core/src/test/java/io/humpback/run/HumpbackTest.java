package io.humpback.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.humpback.Rubric;
import io.humpback.Scorer;
import io.humpback.SystemTags;
import io.humpback.data.DataException;
import io.humpback.data.Example;
import io.humpback.data.web.Corpus;
import io.humpback.internal.PeakMemory;
import io.humpback.judge.JudgeTraining;
import io.humpback.judge.JudgeTraining.Outcome;
import io.humpback.judge.TrainedJudge;
import io.humpback.model.LanguageModel;
import io.humpback.model.ScriptedReward;
import io.humpback.model.TrainingPlan;
import io.humpback.quality.FunnelStep;
import io.humpback.quality.Labels;
import io.humpback.report.HtmlReport;
import io.humpback.report.RunReport;
import io.humpback.run.Humpback.JudgedBy;
import io.humpback.run.store.FaultHook;
import io.humpback.run.store.RunStore;
import io.humpback.testing.FakeLanguageModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HumpbackTest {

    @TempDir
    private Path folder;

    private Path corpus;

    @BeforeEach
    void corpus() throws IOException {
        corpus = ScriptedLoop.corpus(folder.resolve("segments.jsonl"), 60);
    }

    private Humpback run(String name) {
        return Humpback.at(folder.resolve(name))
                .base(new ScriptedLoop())
                .seed(ScriptedLoop.seed(7))
                .corpus(Corpus.segments(corpus))
                .rounds(2)
                .keepTopShare(0.3)
                .batch(16);
    }

    /** Everything that a run hands on: exports, manifest and adapters. */
    static Map<String, String> exports(Path directory) throws IOException {
        Map<String, String> files = new TreeMap<>();
        for (String part : List.of("export", "adapters")) {
            try (Stream<Path> all = Files.walk(directory.resolve(part))) {
                for (Path file : all.filter(Files::isRegularFile).toList()) {
                    files.put(
                            directory.relativize(file).toString(), Files.readString(file, StandardCharsets.ISO_8859_1));
                }
            }
        }
        files.put("manifest.json", Files.readString(directory.resolve("manifest.json")));
        return files;
    }

    @Test
    void theWholeLoopLeavesModelsDataAndAFunnelThatAddsUp() throws IOException {
        RunResult result = run("a").run();
        assertEquals(Set.of("M_yx", "M_0", "M_1", "M_2"), result.adapters().keySet());
        assertEquals(2, result.rounds());
        List<FunnelStep> funnel = result.funnel();
        assertEquals(
                List.of("segments", "augment", "score-1", "curate-1", "score-2", "curate-2"),
                funnel.stream().map(FunnelStep::stage).toList());
        assertTrue(funnel.stream().allMatch(FunnelStep::addsUp), funnel::toString);
        assertEquals(60, funnel.get(0).into());
        assertEquals(Map.of("near duplicate", 6L), funnel.get(0).dropped());
        assertEquals(54, funnel.get(1).into());
        assertEquals(Set.of("empty", "response copied"), funnel.get(1).dropped().keySet());
        long candidates = funnel.get(1).out();
        assertEquals(Math.round(0.3 * candidates), funnel.get(5).out());
        assertEquals(1, result.unreadable().size());
        assertEquals(ScriptedLoop.STEPS, result.losses("M_2").size());
        try (Stream<KeptPair> kept = result.kept()) {
            List<KeptPair> pairs = kept.toList();
            assertEquals(funnel.get(5).out(), pairs.size());
            assertTrue(pairs.stream().allMatch(pair -> pair.rating() != null));
        }
        assertEquals(List.of(), Humpback.verify(result.directory()));
    }

    @Test
    void keptPairsAreTheBestOfTheLastRound() throws IOException {
        RunResult result = run("a").run();
        var mapper = new ObjectMapper();
        List<Double> kept = new ArrayList<>();
        List<Double> others = new ArrayList<>();
        for (String line : Files.readAllLines(result.directory().resolve("export/candidates.jsonl"))) {
            var row = mapper.readTree(line);
            assertEquals(row.get("score"), row.get("scores").get(1).get("score"));
            (row.get("scores").get(1).get("kept").booleanValue() ? kept : others)
                    .add(row.get("score").doubleValue());
        }
        double least = kept.stream().mapToDouble(s -> s).min().orElseThrow();
        assertTrue(others.stream().allMatch(score -> score <= least));
    }

    @Test
    void theSameInputsGiveTheSameFiles() throws IOException {
        assertEquals(exports(run("a").run().directory()), exports(run("b").run().directory()));
    }

    @Test
    void anotherRandomSeedGivesOtherInstructions() throws IOException {
        Path a = run("a").run().directory();
        Path b = run("b").randomSeed(1).run().directory();
        assertNotEquals(
                Files.readString(a.resolve("export/candidates.jsonl")),
                Files.readString(b.resolve("export/candidates.jsonl")));
    }

    @Test
    void aRunThatDiesAtAnyNamedInstantEndsTheSame() throws IOException {
        Set<String> instants = new LinkedHashSet<>();
        Path whole = run("whole").run(instants::add).directory();
        assertTrue(instants.size() > 60, instants::toString);
        for (String instant : instants) { // one run, which dies at each in turn
            assertThrows(
                    Died.class,
                    () -> run("dying").run(reached -> {
                        if (reached.equals(instant)) {
                            throw new Died();
                        }
                    }),
                    instant);
        }
        Path dying = run("dying").run().directory();
        assertEquals(exports(whole), exports(dying));
        assertEquals(List.of(), Humpback.verify(dying));
    }

    private static final class Died extends Error {
        private static final long serialVersionUID = 1;
    }

    @Test
    void anInterruptLeavesARunThatGoesOn() throws IOException {
        int[] batches = new int[1];
        RunListener interrupting = new RunListener() {
            @Override
            public void advanced(String stage, long done, OptionalLong of, double secondsLeft) {
                if (stage.equals("score-1") && ++batches[0] == 2) {
                    Thread.currentThread().interrupt();
                }
            }
        };
        RunStoppedException stopped = assertThrows(
                RunStoppedException.class, () -> run("a").listener(interrupting).run());
        assertEquals("score-1", stopped.stage());
        assertEquals("score-1 was interrupted; started again, the run goes on there", stopped.getMessage());
        assertTrue(Thread.interrupted());
        assertEquals(exports(run("b").run().directory()), exports(run("a").run().directory()));
    }

    @Test
    void aFinishedRunDoesNothingMore() throws IOException {
        Path directory = run("a").run().directory();
        Map<String, String> before = exports(directory);
        List<String> begun = new ArrayList<>();
        run("a").listener(new RunListener() {
                    @Override
                    public void began(String stage) {
                        begun.add(stage);
                    }
                })
                .run();
        assertEquals(List.of(), begun);
        assertEquals(before, exports(directory));
    }

    @Test
    void changedInputsAreRefusedWithBothValues() throws IOException {
        run("a").run();
        assertRefused("seed", "8 pairs", "7 pairs", run("a").seed(ScriptedLoop.seed(8)));
        assertRefused("base", "other", "scripted", run("a").base(new ScriptedLoop("other")));
        assertRefused("keep", "at least 4.0", "best share 0.3", run("a").keepAtLeast(4));
        assertRefused("rounds", "3", "2", run("a").rounds(3));
        assertRefused("system tags", " | ", "Answer", run("a").tags(SystemTags.none()));
        assertRefused(
                "rubrics",
                "steps ",
                "standard ",
                run("a").rubrics(List.of(Rubric.paraphrases().get(2))));
        TrainingPlan plan =
                TrainingPlan.lowRank().toBuilder().learningRate(1e-3).build();
        assertRefused("plan", "learningRate=0.001", "learningRate=2.0E-4", run("a").plan(plan));
        TrainingPlan int8 = TrainingPlan.lowRank().toBuilder()
                .frozen(TrainingPlan.Frozen.INT8)
                .build();
        assertRefused("plan", "frozen=INT8", "frozen=FP32", run("a").plan(int8));
        Files.writeString(corpus, "{\"text\":\"more\"}\n", java.nio.file.StandardOpenOption.APPEND);
        assertRefused("corpus", "segments ", "segments ", run("a"));
    }

    /** A model that notes when it is released. */
    private static LanguageModel released(String name, List<String> log) {
        return new ScriptedLoop(name) {
            @Override
            public void release() {
                log.add("-" + name);
            }
        };
    }

    @Test
    void aWriterAndAJudgeOfTheirOwnDoTheirPartAndAreNamed() throws IOException {
        List<String> log = new ArrayList<>();
        RunListener stages = new RunListener() {
            @Override
            public void began(String stage) {
                log.add(stage);
            }
        };
        Humpback run = Humpback.at(folder.resolve("a"))
                .base(released("student", log))
                .writer(released("writer", log))
                .judge(released("judge", log))
                .seed(ScriptedLoop.seed(7))
                .corpus(Corpus.segments(corpus))
                .keepTopShare(0.3)
                .batch(16)
                .listener(stages);
        RunResult result = run.run();
        assertEquals(1, result.rounds());
        assertEquals("the judge model", result.judge(1));
        Map<String, String> settings = result.settings();
        assertEquals("student", settings.get("base"));
        assertEquals("writer", settings.get("writer"));
        assertEquals("judge", settings.get("judge model"));
        assertEquals(
                List.of("base", "writer", "judge model"),
                List.copyOf(result.fingerprints().keySet()).subList(0, 3));
        String manifest = Files.readString(result.manifest());
        assertTrue(manifest.contains("\"judge_model\" : \"judge\"") && manifest.contains("\"writer\" : \"writer\""));
        assertTrue(Files.readString(result.directory().resolve("export/hub/README.md"))
                .contains("judge model"));
        assertEquals("judged by the judge model", result.funnel().get(2).items());
        try (Stream<JudgedPair> pairs = result.candidates()) {
            assertTrue(pairs.allMatch(pair -> pair.candidate().written().model().startsWith("writer+")));
        }
        // the judge's scores are those of the model as it is, asked without the system turns of the trainings
        try (Stream<JudgedPair> pairs = result.candidates()) {
            JudgedPair one = pairs.findFirst().orElseThrow();
            double rating = Scorer.using(new ScriptedLoop("judge"))
                    .score(one.candidate().instruction(), one.candidate().response())
                    .value();
            assertEquals(rating, one.verdicts().get(0).score(), 1e-9);
        }
        assertEquals(List.of(), Humpback.verify(result.directory()));
        int scoring = log.indexOf("score-1");
        assertTrue(log.subList(scoring, log.size()).containsAll(List.of("-student", "-writer")), log::toString);
        assertFalse(log.subList(scoring, log.indexOf("curate-1")).contains("-judge"), log::toString);
    }

    @Test
    void anotherWriterOrJudgeIsRefusedByName() throws IOException {
        Humpback run = run("a").rounds(1).writer(new ScriptedLoop("writer")).judge(new ScriptedLoop("judge"));
        run.run();
        assertRefused("writer", "other", "writer", run.writer(new ScriptedLoop("other")));
        assertRefused("judge model", "other", "judge", run.judge(new ScriptedLoop("other")));
        assertRefused("base", "other", "scripted", run.base(new ScriptedLoop("other")));
        assertRefused("judge model", "nothing", "judge", run("a").rounds(1).writer(new ScriptedLoop("writer")));
        run("b").rounds(1).run();
        assertRefused("writer", "writer", "nothing", run("b").rounds(1).writer(new ScriptedLoop("writer")));
        assertRefused("judge model", "judge", "nothing", run("b").rounds(1).judge(new ScriptedLoop("judge")));
        RunResult judgedAnew =
                run.judge(new ScriptedLoop("other")).fromStage("score-1").run();
        assertEquals("other", judgedAnew.settings().get("judge model"));
    }

    @Test
    void aJudgeOfItsOwnJudgesOnce() {
        ScriptedLoop judge = new ScriptedLoop("judge");
        assertEquals(
                "rounds = 2 with a model as judge: expected 1, as it would rate the same pairs alike in each",
                assertThrows(IllegalArgumentException.class, () -> run("a").judge(judge)
                                .run())
                        .getMessage());
        assertThrows(
                IllegalArgumentException.class,
                () -> run("a").rounds(1).judge(judge).judge(JudgedBy.NONE).run());
    }

    @Test
    void aStageOfManyItemsIsForecastFromItsFirstBatch() throws IOException {
        corpus = ScriptedLoop.corpus(folder.resolve("more.jsonl"), 200);
        List<String> told = new ArrayList<>();
        run("a").rounds(1)
                .listener(new RunListener() {
                    @Override
                    public void counted(String stage, long done, long of) {
                        told.add(stage + " " + done + " of " + of);
                    }

                    @Override
                    public void forecast(Forecast forecast) {
                        told.add(forecast.stage() + " " + forecast.items());
                    }
                })
                .run();
        assertEquals(List.of("augment 0 of 180", "augment 164"), told.subList(2, 4));
    }

    private static void assertRefused(String setting, String found, String expected, Humpback changed) {
        String message = assertThrows(DataException.class, changed::run).getMessage();
        assertTrue(message.contains(setting + ": found " + found), message);
        int wanted = message.indexOf(", expected ");
        assertTrue(wanted > 0 && message.indexOf(expected, wanted) > 0, message);
    }

    @Test
    void aStageIsDoneAnewOnPurpose() throws IOException {
        RunResult first = run("a").run();
        String before = Files.readString(first.directory().resolve("export/curated.jsonl"));
        List<String> begun = new ArrayList<>();
        RunListener listener = new RunListener() {
            @Override
            public void began(String stage) {
                begun.add(stage);
            }
        };
        run("a").keepBudget(5).fromStage("curate-1").listener(listener).run();
        assertEquals(List.of("curate-1", "train-M_1", "score-2", "curate-2", "train-M_2", "export"), begun);
        Path fresh = run("b").keepBudget(5).run().directory();
        assertEquals(exports(fresh), exports(first.directory()));
        assertNotEquals(before, Files.readString(first.directory().resolve("export/curated.jsonl")));
    }

    @Test
    void aRoundIsAddedAndTakenAway() throws IOException {
        Path two = run("a").run().directory();
        Map<String, String> before = exports(two);
        run("a").rounds(3).fromStage("export").run();
        assertEquals(exports(run("b").rounds(3).run().directory()), exports(two));
        run("a").fromStage("export").run();
        assertEquals(before, exports(two));
    }

    @Test
    void aStageBeforeTheChangeIsNamed() throws IOException {
        run("a").run();
        String message = assertThrows(DataException.class, () -> run("a").tags(SystemTags.none())
                        .fromStage("score-1")
                        .run())
                .getMessage();
        assertTrue(message.contains("train-M_0"), message);
        message = assertThrows(IllegalArgumentException.class, () -> run("a").fromStage("score-9")
                        .run())
                .getMessage();
        assertTrue(message.contains("expected one of seed, segments, train-M_yx, augment"), message);
    }

    @Test
    void twoRunsInOneDirectoryAreRefused() throws IOException {
        Path directory = folder.resolve("a");
        try (RunStore store = RunStore.open(directory, FaultHook.NONE)) {
            String message =
                    assertThrows(DataException.class, () -> run("a").run()).getMessage();
            assertTrue(message.contains("another process"), message);
        }
        run("a").run();
    }

    @Test
    void verifyFindsWhatWasTamperedWith() throws IOException {
        Path directory = run("a").run().directory();
        Files.writeString(directory.resolve("export/curated.jsonl"), "{}\n");
        Files.writeString(directory.resolve("adapters/M_1/adapter_model.safetensors"), "x");
        Files.delete(directory.resolve("export/A_5.jsonl"));
        String faults = Humpback.verify(directory).toString();
        assertTrue(faults.contains("export/curated.jsonl: found "), faults);
        assertTrue(faults.contains("adapters/M_1: found "), faults);
        assertTrue(faults.contains("export/A_5.jsonl: not found"), faults);
        assertFalse(faults.contains("M_2"), faults);
    }

    @Test
    void anAdapterThatWasChangedIsNotUsed() throws IOException {
        Path directory = run("a").run().directory();
        Files.writeString(directory.resolve("adapters/M_0/adapter_model.safetensors"), "x");
        String message = assertThrows(
                        DataException.class, () -> run("a").fromStage("score-1").run())
                .getMessage();
        assertTrue(message.contains("M_0") && message.contains("expected"), message);
    }

    @Test
    void optionsAreOffByDefaultAndReportedWhenOn() throws IOException {
        RunResult result = run("a").rubrics(Rubric.paraphrases())
                .variancePenalty(0.5)
                .diversity(0.5)
                .lengthControl()
                .ifd(1.5)
                .sample(40)
                .run();
        assertTrue(result.funnel().stream().allMatch(FunnelStep::addsUp));
        assertEquals(14L, result.funnel().get(0).dropped().get("not in the sample"));
        assertEquals("ifd", result.funnel().get(2).stage());
        String manifest = Files.readString(result.manifest());
        for (String setting : List.of(
                "\"variance_penalty\" : \"0.5\"",
                "\"diversity\" : \"below 0.5\"",
                "\"length_control\" : \"on\"",
                "\"ifd\" : \"below 1.5\"",
                "\"sample\" : \"40\"")) {
            assertTrue(manifest.contains(setting), manifest);
        }
        assertEquals(List.of(), Humpback.verify(result.directory()));
    }

    @Test
    void likelihoodAndNoJudgeAreOtherWaysToCurate() throws IOException {
        RunResult likely = run("a").judge(JudgedBy.LIKELIHOOD).run();
        try (Stream<KeptPair> kept = likely.kept()) {
            assertTrue(kept.allMatch(pair -> pair.rating() == null && pair.score() < 0));
        }
        RunResult all = run("b").judge(JudgedBy.NONE).rounds(1).run();
        FunnelStep last = all.funnel().get(2);
        assertEquals(new FunnelStep("curate-1", "kept for M_1", last.into(), Map.of(), last.into()), last);
        assertThrows(
                IllegalArgumentException.class,
                () -> run("c").judge(JudgedBy.LIKELIHOOD).keepAtLeast(4).run());
    }

    @Test
    void aJudgeThatHasLearnedCuratesOnce() throws IOException {
        FakeLanguageModel reader = FakeLanguageModel.create().states(3, (prompt, layer) -> {
            int length = FakeLanguageModel.text(prompt).length();
            return new float[] {length % 7, length % 5};
        });
        List<Example> pairs = IntStream.range(0, 40)
                .mapToObj(i -> new Example("question " + i, "It is said at last " + "so ".repeat(1 + i * 7 % 11)))
                .toList();
        boolean[] good = new boolean[40];
        for (int i = 0; i < 40; i++) {
            good[i] = i % 3 == 0;
        }
        Outcome outcome = JudgeTraining.using(reader).learn(pairs, good);
        TrainedJudge panel = outcome.judge(TrainedJudge.Kind.PANEL);
        RunResult result = run("a").judge(panel).rounds(1).keepBudget(5).run();
        try (Stream<KeptPair> kept = result.kept()) {
            kept.forEach(pair -> assertEquals(
                    panel.score(pair.candidate().instruction(), pair.candidate().response())
                            .value(),
                    pair.score(),
                    1e-12));
        }
        assertEquals("the panel", result.judge(1));
        assertEquals(List.of(), Humpback.verify(result.directory()));
        assertTrue(Files.readString(result.manifest()).contains("\"learned_judge\" : \"panel "));
        HtmlReport.of(RunReport.read(result.directory(), Labels.none()));

        TrainedJudge other = outcome.judge(TrainedJudge.Kind.LEARNED);
        assertTrue(assertThrows(
                        DataException.class,
                        () -> run("a").judge(other).rounds(1).keepBudget(5).run())
                .getMessage()
                .contains("LEARNED"));
        assertEquals(
                "judge = PANEL without one that has learned: expected one that has learned for the judges LEARNED and PANEL alone",
                assertThrows(IllegalArgumentException.class, () -> run("b").judge(JudgedBy.PANEL)
                                .run())
                        .getMessage());
        assertEquals(
                "keepAtLeast = 4.0: expected a score in [0.0, 1.0]",
                assertThrows(IllegalArgumentException.class, () -> run("b").judge(panel)
                                .rounds(1)
                                .keepAtLeast(4)
                                .run())
                        .getMessage());
        assertThrows(
                IllegalArgumentException.class,
                () -> run("b").judge(panel).rounds(2).run());
        run("b").judge(panel).judge(JudgedBy.RATING).rounds(1).run(); // and forgets it
    }

    @Test
    void aRewardModelCuratesOnce() throws IOException {
        ScriptedReward rewards =
                ScriptedReward.of(turn -> Objects.requireNonNull(turn.text()).length() % 97 - 200.0);
        List<Forecast> forecasts = run("a").judge(rewards).rounds(1).dryRun();
        assertTrue(
                forecasts.stream().anyMatch(forecast -> forecast.stage().equals("score-1") && forecast.tokens() > 0));
        RunResult result = run("a").judge(rewards).rounds(1).run();
        double worst;
        try (Stream<KeptPair> kept = result.kept()) {
            worst = kept.peek(pair -> {
                        assertNull(pair.rating());
                        assertEquals(pair.candidate().response().length() % 97 - 200.0, pair.score());
                    })
                    .mapToDouble(KeptPair::score)
                    .min()
                    .orElseThrow();
        }
        try (Stream<JudgedPair> all = result.candidates()) {
            List<JudgedPair> others =
                    all.filter(pair -> !pair.verdicts().get(0).kept()).toList();
            assertTrue(others.stream().allMatch(pair -> pair.verdicts().get(0).score() <= worst));
            assertTrue(others.size() > 10);
        }
        assertEquals("the reward model", result.judge(1));
        assertEquals(List.of(), Humpback.verify(result.directory()));
        assertTrue(Files.readString(result.manifest()).contains("\"reward_model\" : \"scripted reward\""));
        HtmlReport.of(RunReport.read(result.directory(), Labels.none()));

        assertTrue(assertThrows(DataException.class, () -> run("a").rounds(1).run())
                .getMessage()
                .contains("REWARD"));
        assertEquals(
                "judge = REWARD without a reward model: expected a reward model for the judge REWARD alone",
                assertThrows(IllegalArgumentException.class, () -> run("b").judge(JudgedBy.REWARD)
                                .run())
                        .getMessage());
        RunResult above = run("d").judge(rewards).rounds(1).keepAtLeast(-150).run();
        try (Stream<KeptPair> kept = above.kept()) {
            assertTrue(kept.mapToDouble(KeptPair::score).min().orElseThrow() >= -150);
        }
        assertEquals(
                "rounds = 2: expected 1 with a reward model, which judges every round alike",
                assertThrows(IllegalArgumentException.class, () -> run("c").judge(rewards)
                                .run())
                        .getMessage());
        assertEquals(
                1,
                Humpback.at(folder)
                        .base(new ScriptedLoop())
                        .seed(ScriptedLoop.seed(1))
                        .corpus(corpus)
                        .judge(rewards)
                        .settings()
                        .rounds());
    }

    @Test
    void aTrainingIsForecastFromItsFirstSteps() throws IOException {
        List<Forecast> forecasts = new ArrayList<>();
        run("a").listener(new RunListener() {
                    @Override
                    public void forecast(Forecast forecast) {
                        forecasts.add(forecast);
                    }
                })
                .run();
        assertEquals(
                List.of("train-M_yx", "train-M_0", "train-M_1", "train-M_2"),
                forecasts.stream().map(Forecast::stage).toList());
        for (Forecast forecast : forecasts) {
            assertEquals(100, forecast.tokens()); // of the scripted trainer's step that is left
            assertEquals(0.001, forecast.seconds(), 1e-9);
            assertEquals(64, forecast.diskBytes().orElseThrow());
            assertEquals(PeakMemory.bytes().isPresent(), forecast.peakBytes().isPresent());
        }
    }

    @Test
    void aForecastCountsTheTokensOfEveryCall() throws IOException {
        long rated = run("a").dryRun().get(3).tokens();
        Forecast reasoned = run("b").reasoned().dryRun().get(3);
        assertEquals("score-1", reasoned.stage());
        double times = (double) reasoned.tokens() / rated;
        assertTrue(times > 1.9 && times < 2.3, reasoned + ", rated without reasons " + rated);
    }

    @Test
    void whatAKilledDryRunHasLeftGoesWithTheNextStart() throws IOException {
        Path left = Files.createDirectories(folder.resolve("a").resolve(".forecast-12/checkpoint"));
        Files.writeString(left.resolve("weights"), "x");
        run("a").dryRun();
        assertFalse(Files.exists(left.getParent()));
    }

    @Test
    void aDryRunTellsTheCostAndTrainsNothing() throws IOException {
        List<Forecast> told = new ArrayList<>();
        List<Forecast> forecasts = run("a").listener(new RunListener() {
                    @Override
                    public void forecast(Forecast forecast) {
                        told.add(forecast);
                    }
                })
                .dryRun();
        assertEquals(forecasts, told);
        assertEquals(
                List.of("train-M_yx", "augment", "train-M_0", "score-1", "train-M_1", "score-2", "train-M_2", "export"),
                forecasts.stream().map(Forecast::stage).toList());
        assertTrue(forecasts.stream().allMatch(forecast -> forecast.diskBytes().orElseThrow() > 0));
        assertTrue(forecasts.subList(0, 7).stream().allMatch(forecast -> forecast.seconds() >= 0));
        assertTrue(forecasts.subList(0, 7).stream().allMatch(forecast -> forecast.tokens() > 0));
        assertEquals(
                PeakMemory.bytes().isPresent(),
                forecasts.subList(0, 7).stream()
                        .allMatch(forecast -> forecast.peakBytes().orElse(0) > 10 << 20));
        assertEquals(54, forecasts.get(1).items());
        assertEquals(7 + Math.round(54 * 0.3), forecasts.get(4).items());
        assertEquals(Map.of(), RunResult.at(folder.resolve("a")).adapters());
        assertEquals(exports(run("b").run().directory()), exports(run("a").run().directory()));
    }

    @Test
    void aRoundThatKeepsNothingStopsBeforeItsTraining() throws IOException {
        Humpback strict = run("strict").keepAtLeast(5);
        List<String> told = new ArrayList<>();
        RunListener listener = new RunListener() {
            @Override
            public void curated(int round, long kept, long of, String rule, double lowest) {
                told.add(round + ": " + kept + ", " + rule + ", " + (of > 10) + ", " + (lowest > 1));
            }
        };
        String message = assertThrows(
                        DataException.class, () -> strict.listener(listener).run())
                .getMessage();
        assertTrue(
                message.matches(
                        ".*strict: M_1 has nothing new to learn: round 1 keeps at least 5\\.0, the best has 4\\.\\d\\d; "
                                + "start again from stage curate-1 with a rule that keeps some, such as the best share 0\\.2"),
                message);
        assertEquals(List.of("1: 0, at least 5.0, true, false"), told);
        run("strict").listener(listener).fromStage("curate-1").run();
        assertEquals(
                List.of(
                        "1: 0, at least 5.0, true, false",
                        "1: " + told.get(1).split("[:,] ")[1] + ", best share 0.3, true, true"),
                told.subList(0, 2));
    }
}
