package io.humpback.onnx.train;

import io.humpback.model.ModelException;
import io.humpback.model.TrainingListener;
import io.humpback.model.TrainingListener.Step;
import io.humpback.model.TrainingPlan;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/**
 * The training loop: minimizes the loss of rows, step by step, from where the folder's checkpoint is. An interrupted
 * training that is continued ends with the same bits as one that was never interrupted.
 */
public final class Training implements AutoCloseable {

    private final Objective objective;
    private final Batches batches;
    private final TrainingPlan plan;
    private final Path folder;
    private final TrainingListener listener;
    private final AdamW optimizer;
    private final History history;
    private final long start = System.nanoTime();
    private SavePoint saved;
    private long tokens;

    private Training(
            Objective objective,
            Batches batches,
            TrainingPlan plan,
            Path folder,
            SavePoint saved,
            TrainingListener listener,
            int threads)
            throws IOException {
        this.objective = objective;
        this.batches = batches;
        this.plan = plan;
        this.folder = folder;
        this.saved = saved;
        this.listener = listener;
        tokens = saved.tokens();
        optimizer = new AdamW(
                objective.parameters(),
                plan.optimizer().beta1(),
                plan.optimizer().beta2(),
                plan.optimizer().epsilon(),
                plan.optimizer().weightDecay(),
                threads);
        saved.restore(folder, optimizer);
        history = History.in(folder, saved.losses());
    }

    /**
     * Trains to the end of the plan.
     *
     * @param objective its parameters are as at the beginning; they are changed
     * @param folder for what is written; where the {@link SavePoint} in it is of a later step, the training continues there
     * @param begun where the training is
     * @param threads of the optimizer, 0 for one a core
     * @return where the training is now; its last checkpoint is in the folder
     * @throws IOException if a file cannot be written; what was there before still is
     * @throws ModelException if a loss or parameter is not a number
     * @throws CancellationException if the thread is interrupted, after a checkpoint
     */
    public static SavePoint run(
            Objective objective,
            EncodedExamples rows,
            TrainingPlan plan,
            Path folder,
            SavePoint begun,
            TrainingListener listener,
            int threads)
            throws IOException {
        Batches batches = new Batches(plan, rows.all());
        int steps = batches.steps();
        listener.started(new TrainingListener.Start(
                batches.trained(),
                batches.heldOut(),
                rows.cut(),
                rows.tooLong(),
                rows.unlabelled(),
                begun.step(),
                steps,
                objective.parameters().stream().mapToLong(Parameter::size).sum()));
        begun.tell(listener, steps);
        try (Training training = new Training(objective, batches, plan, folder, begun, listener, threads)) {
            return training.run(steps);
        }
    }

    /**
     * Computes what takes the most memory first, and throws it away: where memory is short that shows at once, and what the
     * first steps are seen to take is what all take.
     */
    private void rehearse() {
        objective.add(batches.largest(saved.step()));
        for (Parameter parameter : objective.parameters()) {
            FloatBuffer gradient = parameter.gradient();
            for (int at = 0; at < parameter.size(); at++) {
                gradient.put(at, 0);
            }
        }
    }

    private SavePoint run(int steps) throws IOException {
        try {
            if (saved.step() < steps) {
                rehearse();
            }
            measure(saved.step());
            for (int step = saved.step(); step < steps; step++) {
                step(step, steps);
                if ((step + 1) % plan.execution().checkpointEvery() == 0 || step + 1 == steps) {
                    measure(step + 1);
                    save(step + 1);
                }
            }
        } catch (Interruption e) {
            int step = (int) optimizer.steps();
            save(step);
            throw new CancellationException(
                    "interrupted after step " + step + " of " + steps + "; started again, it goes on there");
        }
        return saved;
    }

    /** The thread was interrupted before a micro-batch. */
    private static final class Interruption extends Exception {
        private static final long serialVersionUID = 1;
    }

    private static void stopIfInterrupted() throws Interruption {
        if (Thread.interrupted()) {
            throw new Interruption();
        }
    }

    private void step(int step, int steps) throws IOException, Interruption {
        long begin = System.nanoTime();
        List<MicroBatch> parts = batches.step(step);
        int labels = parts.stream().mapToInt(MicroBatch::labels).sum();
        double loss = 0;
        long computed = 0;
        for (MicroBatch part : parts) {
            stopIfInterrupted();
            loss += finite(objective.add(part), step, part);
            computed += part.tokens();
        }
        double norm = optimizer.gradientNorm() / labels;
        if (!Double.isFinite(norm)) {
            throw notFinite(step, "gradient", norm, parts);
        }
        double rate = LearningRate.at(plan, step, steps);
        optimizer.step(rate, Math.min(1, plan.optimizer().clip() / (norm + 1e-6)) / labels);
        tokens += computed;
        double seconds = (System.nanoTime() - begin) / 1e9;
        Step done = new Step(
                step + 1,
                steps,
                loss / labels,
                rate,
                norm,
                tokens,
                (System.nanoTime() - start) / 1e9,
                computed / Math.max(seconds, 1e-9));
        history.add(done);
        listener.stepped(done);
    }

    private double finite(double loss, int step, MicroBatch part) {
        if (!Double.isFinite(loss)) {
            throw notFinite(step, "loss", loss, List.of(part));
        }
        return loss;
    }

    private ModelException notFinite(int step, String what, double value, List<MicroBatch> parts) {
        List<String> ids = parts.stream().flatMap(part -> part.ids().stream()).toList();
        return new ModelException("step " + (step + 1) + ": " + what + " " + value + " of the examples " + ids
                + ", expected a finite number; " + kept());
    }

    private String kept() {
        return saved.step() == 0
                ? "no checkpoint was made yet"
                : folder.resolve(SavePoint.FILE) + " keeps step " + saved.step();
    }

    /** Measures the rows that are held out, unless that was done before an interruption. */
    private void measure(int step) throws IOException, Interruption {
        if (batches.heldOut() == 0
                || step % plan.execution().checkpointEvery() != 0 && step != batches.steps()
                || history.measured(step)) {
            return;
        }
        double loss = 0;
        int labels = 0;
        for (MicroBatch part : batches.heldOutBatches()) {
            stopIfInterrupted();
            loss += finite(objective.loss(part), step, part);
            labels += part.labels();
        }
        history.add(step, loss / labels);
        listener.evaluated(step, loss / labels);
    }

    private void save(int step) throws IOException {
        Optional<String> broken = optimizer.notFinite();
        if (broken.isPresent()) {
            throw new ModelException(
                    "step " + step + ": " + broken.get() + " has become something else than finite numbers; " + kept());
        }
        SavePoint now = new SavePoint(saved.identity(), step, tokens, history.lines(), Optional.empty());
        try {
            history.draw();
            write(now);
        } catch (IOException e) {
            throw new IOException(
                    folder + ": the checkpoint of step " + step + " cannot be written: " + e.getMessage() + "; "
                            + kept(),
                    e);
        }
        saved = now;
    }

    /** An interruption while the file is written would leave it unwritten; it is written again, then it counts. */
    private void write(SavePoint now) throws IOException {
        List<AdamW.Slot> tensors = now.step() == 0 ? List.of() : optimizer.slots();
        try {
            now.write(folder, tensors);
        } catch (ClosedByInterruptException e) {
            boolean interrupted = Thread.interrupted();
            now.write(folder, tensors);
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() throws IOException {
        try (history) {
            optimizer.close();
        }
    }
}
