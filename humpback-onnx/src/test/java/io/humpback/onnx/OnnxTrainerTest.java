package io.humpback.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.humpback.Direction;
import io.humpback.data.Example;
import io.humpback.internal.AtomicFiles;
import io.humpback.model.Adapter;
import io.humpback.model.Completion;
import io.humpback.model.LanguageModel;
import io.humpback.model.ModelException;
import io.humpback.model.Sampling;
import io.humpback.model.TrainingExample;
import io.humpback.model.TrainingListener;
import io.humpback.model.TrainingPlan;
import io.humpback.model.TrainingPlan.Lora;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxTrainerTest {

    private static final Device TWO = Device.cpu(2);

    @TempDir
    Path folder;

    private static List<TrainingExample> examples() {
        List<Example> pairs = List.of(
                new Example("What is the sea?", "Salt water."),
                new Example("Say hello.", "Hello there!"),
                new Example("Name a colour.", "Blue is one."),
                new Example("How many?", "Four."));
        return pairs.stream()
                .map(pair -> new TrainingExample(pair.instruction(), Direction.FORWARD.of(pair)))
                .toList();
    }

    private static TrainingPlan.Builder plan() {
        return TrainingPlan.lowRank().toBuilder()
                .lora(Optional.of(Lora.of(4)))
                .learningRate(5e-3)
                .batch(2)
                .steps(6)
                .checkpointEvery(4)
                .seed(9);
    }

    private Adapter train(TrainingPlan plan, String name, TrainingListener listener) throws IOException {
        return OnnxTrainer.of(Reference.tiny()).device(TWO).train(examples(), plan, folder.resolve(name), listener);
    }

    private byte[] weights(String name) throws IOException {
        return Files.readAllBytes(folder.resolve(name).resolve("adapter_model.safetensors"));
    }

    /** All layers at a high rate: the model repeats what it has learnt, and stops where it ended. */
    @Test
    void whatIsLearntByHeartIsSaidAndEnded() throws IOException {
        TrainingPlan plan = plan().batch(4).steps(60).learningRate(2e-2).build();
        double[] losses = new double[2];
        try (OnnxModel model =
                OnnxModel.load(Reference.tiny(), LoadOptions.defaults().device(TWO))) {
            Adapter adapter = model.trainer().train(examples(), plan, folder.resolve("a"), step -> {
                losses[step.step() == 1 ? 0 : 1] = step.loss();
            });
            assertTrue(losses[1] < 0.1 * losses[0], losses[0] + " to " + losses[1]);
            try (LanguageModel trained = model.with(adapter)) {
                Completion said = trained.complete(
                        Direction.FORWARD.prompt("Say hello."),
                        Sampling.greedy().maxTokens(20));
                assertEquals("Hello there!", said.text());
                assertEquals(Completion.Finish.STOP, said.finish());
            }
        }
        for (String file : List.of("losses.jsonl", "loss.svg", "humpback.json", "adapter_config.json")) {
            assertTrue(Files.exists(folder.resolve("a").resolve(file)), file);
        }
    }

    @Test
    void anInterruptedTrainingEndsWithTheSameBytes() throws IOException {
        Adapter whole = train(plan().build(), "whole", TrainingListener.NONE);
        assertThrows(
                CancellationException.class,
                () -> train(plan().build(), "parts", step -> {
                    if (step.step() == 3) {
                        Thread.currentThread().interrupt();
                    }
                }));
        List<Integer> told = new ArrayList<>();
        TrainingListener telling = new TrainingListener() {
            @Override
            public void remembered(List<Step> steps, Map<Integer, Double> heldOut) {
                steps.forEach(step -> told.add(-step.step()));
            }

            @Override
            public void stepped(Step step) {
                told.add(step.step());
            }
        };
        Path half = Files.createFile(AtomicFiles.temporary(folder.resolve("parts/training.checkpoint")));
        Adapter parts = train(plan().build(), "parts", telling);
        assertFalse(Files.exists(half));
        List<Integer> all = IntStream.rangeClosed(1, told.size()).boxed().toList();
        assertEquals(List.of(-1, -2, -3, 4), told.subList(0, 4));
        assertEquals(all, told.stream().map(Math::abs).toList());
        assertArrayEquals(weights("whole"), weights("parts"));
        assertEquals(whole.fingerprint(), parts.fingerprint());
        // done is done
        assertEquals(parts, train(plan().build(), "parts", step -> {
            throw new AssertionError("trained again");
        }));
        told.clear();
        train(plan().build(), "parts", telling);
        assertEquals(all, told.stream().map(step -> -step).toList());
    }

    @Test
    void somethingElseIsRefusedByName() throws IOException {
        train(plan().steps(1).build(), "a", TrainingListener.NONE);
        ModelException plan = assertThrows(
                ModelException.class, () -> train(plan().steps(1).seed(10).build(), "a", TrainingListener.NONE));
        assertTrue(plan.getMessage().contains("was begun with seed 9, found 10"), plan.getMessage());
        ModelException examples = assertThrows(ModelException.class, () -> OnnxTrainer.of(Reference.tiny())
                .train(examples().subList(1, 3), plan().steps(1).build(), folder.resolve("a"), TrainingListener.NONE));
        assertTrue(examples.getMessage().matches(".*begun with examples [0-9a-f]{64}, found [0-9a-f]{64}:.*"));
        Path other = Files.createDirectory(folder.resolve("other"));
        Files.writeString(other.resolve("config.json"), "{}");
        assertThrows(ModelException.class, () -> train(plan().steps(1).build(), "other", TrainingListener.NONE));
    }

    @Test
    void aTrainingBeginsWithAnAdapter() throws IOException {
        Adapter first = train(plan().build(), "first", TrainingListener.NONE);
        double[] loss = new double[2];
        TrainingPlan next = plan().batch(4).steps(1).build();
        OnnxTrainer trainer = OnnxTrainer.of(Reference.tiny()).device(TWO);
        trainer.train(examples(), next, folder.resolve("fresh"), step -> loss[0] = step.loss());
        trainer.startingWith(first.folder())
                .train(examples(), next, folder.resolve("next"), step -> loss[1] = step.loss());
        assertTrue(loss[1] < loss[0] - 0.1, loss[1] + " after " + loss[0]);
        TrainingPlan wider = plan().lora(Optional.of(Lora.of(8))).build();
        assertThrows(ModelException.class, () -> trainer.startingWith(first.folder())
                .train(examples(), wider, folder.resolve("wider"), TrainingListener.NONE));
    }

    @Test
    void fullFineTuningLeavesAModel() throws IOException {
        TrainingPlan plan = TrainingPlan.full().toBuilder()
                .learningRate(1e-3)
                .batch(4)
                .steps(20)
                .build();
        Adapter whole = train(plan, "whole", TrainingListener.NONE);
        LoadOptions options = LoadOptions.defaults().device(TWO);
        try (OnnxModel before = OnnxModel.load(Reference.tiny(), options);
                OnnxModel after = OnnxModel.load(whole.folder(), options)) {
            for (TrainingExample example : examples()) {
                assertTrue(after.logLikelihood(example.continuation()).sum()
                        > before.logLikelihood(example.continuation()).sum() + 5);
            }
        }
    }

    /** What stands in the way of the adapter's file is removed, and the training is not made again. */
    @Test
    void aResultThatCannotBeWrittenLosesNothing() throws IOException {
        Path inTheWay = Files.createDirectories(folder.resolve("blocked/adapter_model.safetensors"));
        Path file = Files.createFile(inTheWay.resolve("file"));
        IOException failed = assertThrows(IOException.class, () -> train(plan().build(), "blocked", step -> {}));
        assertTrue(
                failed.getMessage().startsWith(folder.resolve("blocked") + ": the result cannot be written: "),
                failed.getMessage());
        Files.delete(file);
        Files.delete(inTheWay);
        train(plan().build(), "blocked", step -> fail("step " + step.step() + " again"));
        train(plan().build(), "free", step -> {});
        assertArrayEquals(weights("free"), weights("blocked"));
    }

    @Test
    void noExamplesAreRefused() {
        assertThrows(ModelException.class, () -> OnnxTrainer.of(Reference.tiny())
                .train(List.of(), plan().build(), folder.resolve("a"), TrainingListener.NONE));
    }

    @Test
    void anExportedModelIsNotTrained() throws IOException {
        OnnxExport.write(Reference.tiny(), folder.resolve("onnx"), Precision.FP32);
        ModelException e = assertThrows(ModelException.class, () -> OnnxTrainer.of(folder.resolve("onnx")));
        assertTrue(e.getMessage().contains("cannot be trained"), e.getMessage());
    }
}
