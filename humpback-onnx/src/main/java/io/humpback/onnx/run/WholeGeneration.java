package io.humpback.onnx.run;

import io.humpback.model.Sampling;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Completions of a stream of prompts, in order, a run for as many prompts as fit. With stop strings a run writes a bounded
 * number of tokens for each, after which those that have not ended continue in another run, from their prompt and what they
 * have written.
 */
final class WholeGeneration<P extends Prompts> extends Generation {

    /** Tokens a row may write past a stop string before it is seen, plus one. */
    private static final int STOP_STEPS = 64;

    private final WholeDecoder<P> decoder;
    /** The oldest first. */
    private final List<Draft> pending = new ArrayList<>();

    WholeGeneration(WholeDecoder<P> decoder, DecodeRequest request) {
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
        WholeDecoder.Group<P> group =
                decoder.group(pending.stream().map(Draft::whole).toList(), limits(pending), request.batch());
        run(group.prompts(), group.of(pending));
    }

    /** Tokens that each row may write in a run. */
    private int[] limits(List<Draft> rows) {
        int most = request.sampling().stopStrings().isEmpty() ? Integer.MAX_VALUE : STOP_STEPS;
        return rows.stream()
                .mapToInt(row -> Math.min(most, row.limit - row.count()))
                .toArray();
    }

    private void run(P prompts, List<Draft> rows) {
        Sampling sampling = request.sampling();
        int[] limits = limits(rows);
        float[][] noise = new float[Arrays.stream(limits).max().orElseThrow()][rows.size()];
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
