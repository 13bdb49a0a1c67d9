package io.humpback.examples.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.internal.Folders;
import io.humpback.internal.TemporaryFiles;
import io.humpback.model.Continuation;
import io.humpback.model.Prompt;
import io.humpback.model.TrainingExample;
import io.humpback.model.TrainingListener;
import io.humpback.model.TrainingPlan;
import io.humpback.model.TrainingPlan.Frozen;
import io.humpback.model.TrainingPlan.Lora;
import io.humpback.model.TrainingPlan.Recompute;
import io.humpback.onnx.OnnxTrainer;
import io.humpback.onnx.Precision;
import io.humpback.onnx.checkpoint.Checkpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;

/**
 * Optimizer steps on rows whose tokens are all learnt but the first. A step is everything from the rows to the changed
 * parameters; reading the checkpoint and writing the result are not in its time, but in the peak of memory.
 *
 * @param lora whether a low-rank change is trained, of rank {@value #RANK} on all products of a block, or else all weights
 * @param rows that are computed at once
 * @param tokens of a row
 * @param recompute whether activations are computed again
 */
record TrainingBenchmark(boolean lora, int rows, int tokens, boolean recompute) implements Benchmark {

    private static final int RANK = 16;

    @Override
    public String key() {
        return String.format(
                Locale.ROOT, "train_%s_%dx%d%s", lora ? "lora" : "full", rows, tokens, recompute ? "_recompute" : "");
    }

    @Override
    public String unit() {
        return "tokens/s";
    }

    @Override
    public boolean isDefault() {
        return false;
    }

    /** The runtime's memory has its size after the second step. */
    @Override
    public int warmUp() {
        return 2;
    }

    @Override
    public String precision(Subject subject) {
        return frozen(subject).name().toLowerCase(Locale.ROOT);
    }

    private Frozen frozen(Subject subject) {
        return lora && subject.options().precision() == Precision.INT8 ? Frozen.INT8 : Frozen.FP32;
    }

    @Override
    public Probe open(Subject subject, Workload workload, int runs) throws IOException {
        TrainingPlan plan = (lora ? TrainingPlan.lowRank() : TrainingPlan.full())
                .toBuilder()
                        .lora(lora ? Optional.of(Lora.of(RANK)) : Optional.empty())
                        .frozen(frozen(subject))
                        .recompute(recompute ? Recompute.ON : Recompute.OFF)
                        .batch(rows)
                        .maxTokens(tokens)
                        .microBatchTokens(rows * tokens)
                        .steps(runs)
                        .build();
        int vocabulary;
        try (Checkpoint checkpoint = Checkpoint.open(subject.path())) {
            vocabulary = checkpoint.config().vocabSize();
        }
        OnnxTrainer trainer =
                OnnxTrainer.of(subject.path()).device(subject.options().device());
        return new Steps(trainer, examples(vocabulary, runs), plan);
    }

    /** The first id of each row is the prompt, so that all others are learnt. */
    private List<TrainingExample> examples(int vocabulary, int steps) {
        SplittableRandom random = new SplittableRandom(1);
        return IntStream.range(0, steps * rows)
                .mapToObj(row -> random.ints(tokens, 0, vocabulary).boxed().toList())
                .map(ids -> new TrainingExample(
                        "row", Continuation.of(Prompt.ids(ids.subList(0, 1)), ids.subList(1, tokens))))
                .toList();
    }

    /** A training in a thread of its own that waits between steps, so that two can take turns. */
    private static final class Steps implements Probe, TrainingListener {
        private final Path folder = TemporaryFiles.newFolder("bench");
        private final Semaphore turns = new Semaphore(0);
        private final BlockingQueue<Object> results = new LinkedBlockingQueue<>();
        private final Thread thread;
        private int left;

        Steps(OnnxTrainer trainer, List<TrainingExample> examples, TrainingPlan plan) throws IOException {
            left = plan.batching().steps();
            thread = new Thread(() -> train(trainer, examples, plan), "training");
            thread.setDaemon(true);
            thread.start();
        }

        private void train(OnnxTrainer trainer, List<TrainingExample> examples, TrainingPlan plan) {
            try {
                turns.acquire();
                trainer.train(examples, plan, folder, this);
            } catch (InterruptedException | CancellationException e) {
                // closed before its last step
            } catch (IOException | RuntimeException | Error e) {
                results.add(e);
            }
        }

        @Override
        public void stepped(Step step) {
            try {
                results.add(step);
                if (step.step() < step.steps()) {
                    turns.acquire();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CancellationException("interrupted");
            }
        }

        @Override
        public Sample run(ObjectNode notes) throws IOException {
            try {
                turns.release();
                left--;
                Object result = results.take();
                if (result instanceof Step step) {
                    return new Sample(step.tokensPerSecond(), 1);
                } else if (result instanceof IOException e) {
                    throw e;
                } else if (result instanceof RuntimeException e) {
                    throw e;
                }
                throw (Error) result;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CancellationException("interrupted");
            }
        }

        /** Lets a training that has done its steps write its result; ends any other. */
        @Override
        public void close() throws IOException {
            if (left > 0) {
                thread.interrupt();
            }
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            Folders.delete(folder);
        }
    }
}
