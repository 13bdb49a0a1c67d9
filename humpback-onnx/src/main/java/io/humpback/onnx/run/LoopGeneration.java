package io.humpback.onnx.run;

import io.humpback.model.Completion;
import io.humpback.model.Sampling;
import io.humpback.onnx.run.LoopSession.Prompts;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.Function;

/**
 * Completions of a stream of prompts, in order, a run a batch. With stop strings a run writes a bounded number of tokens a
 * row, after which rows that have not ended go on in another run, from their prompt and what they have written.
 */
final class LoopGeneration implements Iterator<Completion> {

    /** Tokens a row may write past a stop string before it is seen, plus one. */
    static final int STOP_STEPS = 64;

    /** Items begun before the oldest one has ended, in batches. */
    private static final int AHEAD = 8;

    private final LoopDecoder engine;
    private final Iterator<int[]> prompts;
    private final Function<int[], String> decode;
    private final Sampling sampling;
    private final Set<Integer> ends;
    private final int contextLength;
    private final int batch;
    private final StepGeneration.Meter meter;
    private final List<Draft> pending = new ArrayList<>();
    private final Map<Long, Completion> ended = new HashMap<>();
    private long begun;
    private long handed;

    LoopGeneration(
            LoopDecoder engine,
            Iterator<int[]> prompts,
            Function<int[], String> decode,
            Sampling sampling,
            Set<Integer> ends,
            int contextLength,
            int batch,
            StepGeneration.Meter meter) {
        this.engine = engine;
        this.prompts = prompts;
        this.decode = decode;
        this.sampling = sampling;
        this.ends = Draft.ends(sampling, ends);
        this.contextLength = contextLength;
        this.batch = batch;
        this.meter = meter;
    }

    @Override
    public boolean hasNext() {
        return !ended.isEmpty() || !pending.isEmpty() || prompts.hasNext();
    }

    @Override
    public Completion next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        while (!ended.containsKey(handed)) {
            if (Thread.interrupted()) {
                throw new CancellationException("interrupted after " + handed + " completions");
            }
            while (begun < handed + (long) AHEAD * batch && prompts.hasNext()) {
                int[] ids = prompts.next();
                pending.add(new Draft(begun++, ids, Math.min(sampling.maxTokens(), contextLength - ids.length)));
            }
            run(batch());
        }
        return ended.remove(handed++);
    }

    /** The oldest row and those whose lengths are nearest to its own. */
    private List<Draft> batch() {
        Draft oldest =
                pending.stream().min(Comparator.comparing(row -> row.item)).orElseThrow();
        int length = length(oldest);
        List<Draft> nearest = pending.stream()
                .sorted(Comparator.comparing((Draft row) -> row != oldest)
                        .thenComparing(row -> Math.abs(length(row) - length))
                        .thenComparing(row -> row.item))
                .toList();
        return nearest.subList(
                0, engine.rowsThatFit(nearest.stream().map(Draft::whole).toList(), batch));
    }

    private static int length(Draft row) {
        return row.prompt.length + row.count();
    }

    private void run(List<Draft> rows) {
        int most = sampling.stopStrings().isEmpty() ? Integer.MAX_VALUE : STOP_STEPS;
        long[] limits = rows.stream()
                .mapToLong(row -> Math.min(most, row.limit - row.count()))
                .toArray();
        int steps = 0;
        for (long limit : limits) {
            steps = (int) Math.max(steps, limit);
        }
        float[][] noise = new float[steps][rows.size()];
        for (int step = 0; step < steps; step++) {
            for (int i = 0; i < rows.size(); i++) {
                Draft row = rows.get(i);
                noise[step][i] = (float) Sampler.noise(sampling.seed(), row.item, row.count() + step);
            }
        }
        Prompts together = engine.together(rows.stream().map(Draft::whole).toList(), Integer.MAX_VALUE);
        int[][] written = engine.generate(together, sampling, noise, limits, ends);
        for (int i = 0; i < written.length; i++) {
            take(rows.get(i), written[i], i == 0 ? 0 : together.shared());
        }
    }

    private void take(Draft row, int[] written, int shared) {
        if (row.count() == 0) {
            meter.add(0, row.prompt.length, Math.min(shared, row.prompt.length), 0);
        }
        for (int id : written) {
            row.add(id);
            meter.add(0, 0, 0, 1);
            Completion completion = row.ended(sampling, ends, decode);
            if (completion != null) {
                pending.remove(row);
                ended.put(row.item, completion);
                meter.add(1, 0, 0, 0);
                return;
            }
        }
    }
}
