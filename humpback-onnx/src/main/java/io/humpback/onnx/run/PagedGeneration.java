package io.humpback.onnx.run;

import io.humpback.model.Sampling;
import java.util.ArrayList;
import java.util.List;

/**
 * Completions of a stream of prompts, in order. A run takes as many prompts as fit, more than are written at the same time. With
 * stop strings it writes a bounded number of tokens for each, after which those that have not ended continue in another run,
 * from their prompt and what they have written.
 */
final class PagedGeneration extends Generation {

    private final PagedDecoder decoder;
    private final List<Draft> pending = new ArrayList<>();

    PagedGeneration(PagedDecoder decoder, DecodeRequest request) {
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
        PackedPrompts prompts = decoder.packed(pending, Draft::whole, i -> limit(pending.get(i)));
        run(prompts, List.copyOf(pending.subList(0, prompts.size())));
    }

    /** Tokens that a row may write in a run. */
    private int limit(Draft row) {
        int most = request.sampling().stopStrings().isEmpty() ? Integer.MAX_VALUE : LoopGeneration.STOP_STEPS;
        return Math.min(most, row.limit - row.count());
    }

    private void run(PackedPrompts prompts, List<Draft> rows) {
        Sampling sampling = request.sampling();
        long[] limits = rows.stream().mapToLong(this::limit).toArray();
        float[][] noise = new float[rows.stream().mapToInt(this::limit).max().orElseThrow()][rows.size()];
        for (int step = 0; step < noise.length; step++) {
            for (int i = 0; i < rows.size(); i++) {
                Draft row = rows.get(i);
                noise[step][i] = (float) Sampler.noise(sampling.seed(), row.noiseItem(), row.count() + step);
            }
        }
        int[][] written = decoder.generate(prompts, sampling, noise, limits, request.ends(), request.batch());
        for (int i = 0; i < written.length; i++) {
            take(rows.get(i), written[i], prompts.shared(i));
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
