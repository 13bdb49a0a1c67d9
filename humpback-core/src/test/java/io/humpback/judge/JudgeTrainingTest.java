package io.humpback.judge;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.Score;
import io.humpback.Scored;
import io.humpback.data.DataException;
import io.humpback.data.Example;
import io.humpback.judge.JudgeTraining.Compared;
import io.humpback.judge.JudgeTraining.Outcome;
import io.humpback.judge.JudgeTraining.Step;
import io.humpback.judge.TrainedJudge.Kind;
import io.humpback.model.ModelException;
import io.humpback.model.ScriptedReward;
import io.humpback.quality.Drop;
import io.humpback.testing.FakeLanguageModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The judges learn what a scripted model knows and does not say: one of twelve numbers of its fourth layer of six. */
class JudgeTrainingTest {

    private static final int PAIRS = 80;

    @TempDir
    private Path folder;

    private final List<Example> pairs = new ArrayList<>();
    private final boolean[] good = new boolean[PAIRS];

    JudgeTrainingTest() {
        Random random = new Random(3);
        for (int i = 0; i < PAIRS; i++) {
            good[i] = random.nextInt(3) == 0;
            // of the words that the model rates by, good pairs have a few more
            String rated = random.nextDouble() < (good[i] ? 0.6 : 0.4) ? "zebras" : "apples";
            pairs.add(new Example(
                    "question " + i, "It is said " + rated + " in answer " + i + (good[i] ? " indeed" : " perhaps")));
        }
    }

    private static FakeLanguageModel model() {
        return FakeLanguageModel.create()
                .rating(prompt -> FakeLanguageModel.text(prompt).contains("zebras") ? 4 : 2)
                .likelihood((prompt, id) -> -1)
                .states(6, (prompt, layer) -> {
                    String text = FakeLanguageModel.text(prompt);
                    Random random = new Random(text.hashCode() * 31L + layer);
                    float[] state = new float[12];
                    for (int i = 0; i < state.length; i++) {
                        state[i] = (float) random.nextGaussian() * 5 + 40;
                    }
                    if (layer == 4) {
                        state[7] += text.contains(" indeed") ? 9 : -9;
                    }
                    return state;
                });
    }

    private Outcome learn() {
        return JudgeTraining.using(model()).learn(pairs, good);
    }

    private static double auc(Outcome outcome, String judge) {
        return compared(outcome, judge).detection().rocAuc();
    }

    private static Compared compared(Outcome outcome, String judge) {
        return outcome.judges().stream()
                .filter(one -> one.name().equals(judge))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void whatTheModelKnowsIsFoundInTheLayerWhereItIs() {
        Outcome outcome = learn();
        assertEquals(4, outcome.layer());
        assertEquals(PAIRS, outcome.rows());
        assertEquals(0, outcome.dropped());
        assertTrue(auc(outcome, "learned") > 0.9, "learned " + auc(outcome, "learned"));
        assertTrue(auc(outcome, "panel") > 0.9, "panel " + auc(outcome, "panel"));
        assertTrue(auc(outcome, "rating") < 0.7, "rating " + auc(outcome, "rating"));
        assertTrue(compared(outcome, "learned").gain().low() > 0);
        assertEquals(0, compared(outcome, "rating").gain().high());
        assertTrue(compared(outcome, "panel").detection().brier() < 0.15);
    }

    @Test
    void labelsThatMeanNothingTeachNothing() {
        Random random = new Random(8);
        boolean[] any = new boolean[PAIRS];
        for (int i = 0; i < PAIRS; i++) {
            any[i] = random.nextBoolean();
        }
        Outcome outcome = JudgeTraining.using(model()).learn(pairs, any);
        assertTrue(Math.abs(auc(outcome, "learned") - 0.5) < 0.2, "learned " + auc(outcome, "learned"));
        assertTrue(compared(outcome, "learned").gain().low() < 0);
    }

    @Test
    void theSameSeedGivesTheSameFolder() throws IOException {
        learn().save(folder.resolve("a"));
        learn().save(folder.resolve("b"));
        assertEquals(-1, Files.mismatch(folder.resolve("a/judge.json"), folder.resolve("b/judge.json")));
        JudgeTraining.using(model()).seed(2).learn(pairs, good).save(folder.resolve("c"));
        assertNotEquals(-1, Files.mismatch(folder.resolve("a/judge.json"), folder.resolve("c/judge.json")));
    }

    @Test
    void theFolderJudgesAsTheTrainingDid() throws IOException {
        ScriptedReward reward =
                ScriptedReward.of(turn -> String.valueOf(turn.text()).length());
        for (JudgeTraining training : List.of(
                JudgeTraining.using(model()),
                JudgeTraining.using(model()).reward(reward).isotonic())) {
            Outcome outcome = training.learn(pairs, good);
            outcome.save(folder);
            boolean rewards = TrainedJudge.rewardModel(folder).isPresent();
            for (Kind kind : Kind.values()) {
                TrainedJudge judge = TrainedJudge.open(folder, kind, model(), rewards ? reward : null);
                assertEquals(outcome.judge(kind).fingerprint(), judge.fingerprint());
                List<Scored<Example>> scored = judge.score(pairs);
                assertEquals(outcome.judge(kind).score(pairs), scored);
                Score first = scored.get(0).score();
                assertEquals(
                        first,
                        judge.score(pairs.get(0).instruction(), pairs.get(0).response()));
                assertTrue(scored.stream()
                        .allMatch(one -> one.score().value() >= judge.least()
                                && one.score().value() <= judge.most()));
                assertEquals(first.signals().containsKey("learned"), kind == Kind.PANEL);
                assertEquals(first.signals().containsKey("reward"), kind == Kind.PANEL && rewards);
            }
        }
    }

    @Test
    void pairsThatCannotBeJudgedComeOutInTheirPlace() {
        TrainedJudge judge = learn().judge(Kind.PANEL);
        List<Scored<Example>> scored = judge.score(List.of(pairs.get(0), new Example("question", " "), pairs.get(1)));
        assertNull(scored.get(1).score());
        assertEquals(Drop.Reason.EMPTY, scored.get(1).drop().reason());
        assertEquals(judge.score(List.of(pairs.get(0), pairs.get(1))), List.of(scored.get(0), scored.get(2)));
    }

    @Test
    void aPairThatComesTwiceCountsOnce() {
        List<Example> twice = new ArrayList<>(pairs);
        twice.addAll(pairs);
        boolean[] labels = new boolean[2 * PAIRS];
        System.arraycopy(good, 0, labels, 0, PAIRS);
        System.arraycopy(good, 0, labels, PAIRS, PAIRS);
        Outcome outcome = JudgeTraining.using(model()).learn(twice, labels);
        assertEquals(PAIRS, outcome.rows());
        assertEquals(auc(learn(), "learned"), auc(outcome, "learned"));
    }

    @Test
    void aCurveTellsWhatFewerLabelsTeach() {
        List<Step> steps = learn().curve(List.of(10, 60, 79), 3);
        assertEquals(List.of(10, 60), steps.stream().map(Step::labels).toList());
        assertTrue(steps.get(1).learned() > steps.get(0).learned(), steps.toString());
    }

    @Test
    void otherModelsRewardsAndPromptsAreRefusedInOneLine() throws IOException {
        learn().save(folder);
        Path file = folder.resolve("judge.json");
        ScriptedReward reward = ScriptedReward.of(turn -> 1);
        assertEquals(
                file
                        + ": learned with reward model null, found scripted reward, expected the same or a judge learned with that",
                refused(Kind.PANEL, reward));
        TrainedJudge.open(folder, Kind.LEARNED, model(), reward); // has no use for it
        String json = Files.readString(file);
        Files.writeString(file, json.replace("\"fake\"", "\"another\""));
        assertEquals(
                file + ": learned with model another, found fake, expected the same or a judge learned with that",
                refused(Kind.LEARNED, null));
        Files.writeString(file, json.replaceFirst("\"prompts\" : \"[0-9a-f]", "\"prompts\" : \"x"));
        assertTrue(refused(Kind.LEARNED, null).startsWith(file + ": learned with prompts x"));
    }

    private String refused(Kind kind, ScriptedReward reward) {
        return assertThrows(ModelException.class, () -> TrainedJudge.open(folder, kind, model(), reward))
                .getMessage();
    }

    @Test
    void damagedFoldersAreNamed() throws IOException {
        assertEquals(
                folder + ": no judge.json, expected a folder that learn has left",
                assertThrows(DataException.class, () -> TrainedJudge.rewardModel(folder))
                        .getMessage());
        learn().save(folder);
        String json = Files.readString(folder.resolve("judge.json"));
        for (String damaged : List.of(
                "",
                "{}",
                json.substring(0, json.length() / 2),
                json.replace("humpback judge 1", "humpback judge 9"),
                json.replace("\"width\" : 12", "\"width\" : 13"),
                json.replace("\"gain\"", "\"loss\""),
                json.replace("\"layer\" : 1", "\"layer\" : 9"),
                json.replace("\"parts\" : ", "\"parts\" : 1"),
                json.replace("\"probe\"", "\"prove\""))) {
            assertNotEquals(json, damaged);
            Files.writeString(folder.resolve("judge.json"), damaged);
            String message = assertThrows(
                            DataException.class,
                            () -> TrainedJudge.open(folder, Kind.LEARNED, model(), null),
                            damaged.substring(0, Math.min(damaged.length(), 900)))
                    .getMessage();
            assertTrue(message.startsWith(folder.toString()) && message.lines().count() == 1, message);
        }
    }

    @Test
    void tooFewLabelsAndModelsWithoutStatesAreRefused() {
        boolean[] none = new boolean[PAIRS];
        assertEquals(
                "labels of pairs that can be judged: 0 good and 80 others, expected at least 5 of each",
                assertThrows(DataException.class, () -> JudgeTraining.using(model())
                                .learn(pairs, none))
                        .getMessage());
        assertTrue(assertThrows(ModelException.class, () -> JudgeTraining.using(FakeLanguageModel.create())
                        .learn(pairs, good))
                .getMessage()
                .endsWith("gives no hidden states, which a learned judge reads"));
        assertThrows(IllegalArgumentException.class, () -> JudgeTraining.using(model())
                .learn(pairs, new boolean[3]));
        assertThrows(IllegalArgumentException.class, () -> JudgeTraining.using(model())
                .folds(1));
    }
}
