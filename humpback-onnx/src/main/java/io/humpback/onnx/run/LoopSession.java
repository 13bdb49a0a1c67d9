package io.humpback.onnx.run;

import ai.onnxruntime.OrtException;
import java.nio.file.Path;

/** A session over a graph that computes whole generations in one run, over caches in segments. */
final class LoopSession extends WholeSession<PaddedPrompts> {

    private LoopSession(Path model, SharedSession session) {
        super(model, session, "whole generations", "prefix_ids");
    }

    static LoopSession open(Path model, int cuda, int threads) {
        return SharedSession.open(model, cuda, threads, session -> new LoopSession(model, session));
    }

    @Override
    void read(NamedTensors inputs, PaddedPrompts prompts) throws OrtException {
        int rows = prompts.size();
        int shared = prompts.prefix();
        int width = prompts.width();
        long[] prefix = new long[Math.max(1, shared)];
        long[] own = new long[rows * width];
        long[] lengths = new long[rows];
        for (int row = 0; row < rows; row++) {
            int[] ids = prompts.ids().get(row);
            lengths[row] = (long) ids.length - shared;
            for (int i = 0; i < ids.length; i++) {
                if (i >= shared) {
                    own[row * width + i - shared] = ids[i];
                } else {
                    prefix[i] = ids[i];
                }
            }
        }
        inputs.longs("prefix_ids", prefix, prefix.length);
        inputs.longs("prefix_length", new long[] {shared}, 1);
        inputs.longs("prompt_ids", own, rows, width);
        inputs.longs("prompt_lengths", lengths, rows);
    }

    /** All prompts are written for at the same time, and the noise says in how many steps. */
    @Override
    void write(NamedTensors inputs, PaddedPrompts prompts, long[] limits, int slots, long steps) {}
}
