package io.humpback.examples.bench;

import io.humpback.data.file.JsonLines;
import io.humpback.internal.Folders;
import io.humpback.internal.PeakMemory;
import io.humpback.model.Continuation;
import io.humpback.model.Prompt;
import io.humpback.model.TrainingExample;
import io.humpback.model.TrainingListener;
import io.humpback.model.TrainingPlan;
import io.humpback.model.TrainingPlan.Frozen;
import io.humpback.model.TrainingPlan.Lora;
import io.humpback.model.TrainingPlan.Recompute;
import io.humpback.onnx.OnnxTrainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Measures the training of a checkpoint: a plan of as many optimizer steps as there are runs, after some to warm up, each
 * on rows of its own. A step is everything from the rows to the changed parameters; reading the checkpoint and writing
 * the result are not in its time, but in the peak of memory.
 *
 * @param trainer of the checkpoint
 * @param vocabulary ids that rows are made of are below
 * @param frozen how products with weights that a low-rank change leaves are computed
 * @param runs steps that are measured, at least 1
 */
public record TrainingBench(OnnxTrainer trainer, int vocabulary, Frozen frozen, int runs) {

    /** The runtime's memory has its size after the second step. */
    private static final int WARM_UP = 2;

    private static final int RANK = 16;

    /**
     * {@return what a measure gives}
     *
     * @param measure one of training
     * @throws IOException if the checkpoint cannot be read
     */
    public Figure measure(Measure measure) throws IOException {
        Measure.Training training = measure.training().orElseThrow();
        TrainingPlan plan = (training.lora() ? TrainingPlan.lowRank() : TrainingPlan.full())
                .toBuilder()
                        .lora(training.lora() ? Optional.of(Lora.of(RANK)) : Optional.empty())
                        .frozen(training.lora() ? frozen : Frozen.FP32)
                        .recompute(training.recompute() ? Recompute.ON : Recompute.OFF)
                        .batch(training.rows())
                        .maxTokens(training.tokens())
                        .microBatchTokens(training.rows() * training.tokens())
                        .steps(WARM_UP + runs)
                        .build();
        List<Double> rates = new ArrayList<>();
        TrainingListener listener = new TrainingListener() {
            @Override
            public void stepped(Step step) {
                if (step.step() > WARM_UP) {
                    rates.add(step.tokensPerSecond());
                }
            }
        };
        Path folder = Files.createTempDirectory("humpback-bench");
        try {
            PeakMemory.reset();
            trainer.train(examples(training), plan, folder, listener);
            return new Figure(measure, rates, Bench.peakMebibytes(), JsonLines.object());
        } finally {
            Folders.delete(folder);
        }
    }

    /** The first id of each row is the prompt, so that all others are learnt. */
    private List<TrainingExample> examples(Measure.Training training) {
        SplittableRandom random = new SplittableRandom(1);
        return IntStream.range(0, (WARM_UP + runs) * training.rows())
                .mapToObj(row ->
                        random.ints(training.tokens(), 0, vocabulary).boxed().toList())
                .map(ids -> new TrainingExample(
                        "row", Continuation.of(Prompt.ids(ids.subList(0, 1)), ids.subList(1, training.tokens()))))
                .toList();
    }
}
