package io.humpback.onnx.run;

import io.humpback.model.Sampling;
import io.humpback.onnx.run.LoopSession.Prompts;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Completions of a stream of prompts, in order, a run a batch. With stop strings a run writes a bounded number of tokens a
 * row, after which rows that have not ended continue in another run, from their prompt and what they have written.
 */
final class LoopGeneration extends Generation {

    /** Tokens a row may write past a stop string before it is seen, plus one. */
    static final int STOP_STEPS = 64;

    private final LoopDecoder decoder;
    private final List<Draft> pending = new ArrayList<>();

    LoopGeneration(LoopDecoder decoder, DecodeRequest request) {
        super(request);
        this.decoder = decoder;
    }

    @Override
    protected boolean isWriting() {
        return !pending.isEmpty();
    }

    @Override
    protected void advance() {
        while (mayBegin() && request.prompts().hasNext()) {
            pending.add(begin(request.prompts().next()));
        }
        run(batch());
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
                0, decoder.rowsThatFit(nearest.stream().map(Draft::whole).toList(), request.batch(), steps(nearest)));
    }

    private static int length(Draft row) {
        return row.prompt.length + row.count();
    }

    /** Tokens that a row may write in a run. */
    private long limit(Draft row) {
        int most = request.sampling().stopStrings().isEmpty() ? Integer.MAX_VALUE : STOP_STEPS;
        return Math.min(most, row.limit - row.count());
    }

    private int steps(List<Draft> rows) {
        return (int) rows.stream().mapToLong(this::limit).max().orElse(0);
    }

    private void run(List<Draft> rows) {
        Sampling sampling = request.sampling();
        long[] limits = rows.stream().mapToLong(this::limit).toArray();
        int steps = steps(rows);
        float[][] noise = new float[steps][rows.size()];
        for (int step = 0; step < steps; step++) {
            for (int i = 0; i < rows.size(); i++) {
                Draft row = rows.get(i);
                noise[step][i] = (float) Sampler.noise(sampling.seed(), row.noiseItem(), row.count() + step);
            }
        }
        Prompts prompts =
                decoder.withSharedPrefix(rows.stream().map(Draft::whole).toList(), Integer.MAX_VALUE);
        int[][] written = decoder.generate(prompts, sampling, noise, limits, request.ends());
        for (int i = 0; i < written.length; i++) {
            take(rows.get(i), written[i], i == 0 ? 0 : prompts.shared());
        }
    }

    private void take(Draft row, int[] written, int shared) {
        if (row.count() == 0) {
            request.meter().add(0, row.prompt.length, Math.min(shared, row.prompt.length), 0);
        }
        for (int id : written) {
            if (write(row, id)) {
                pending.remove(row);
                return;
            }
        }
    }
}
