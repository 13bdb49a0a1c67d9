package io.humpback.onnx.past;

import io.humpback.onnx.run.DecodeRequest;
import io.humpback.onnx.run.Decoder;
import io.humpback.onnx.run.Draft;
import io.humpback.onnx.run.Generation;
import io.humpback.onnx.run.Sampler;
import org.jspecify.annotations.Nullable;

/** Completions of a stream of prompts, in order, one after the other. */
final class PastGeneration extends Generation {

    private final PastDecoder decoder;
    private final PastCache cache;
    private final Sampler sampler;
    private @Nullable Draft draft;

    PastGeneration(PastDecoder decoder, DecodeRequest request) {
        super(request);
        this.decoder = decoder;
        cache = decoder.newCache();
        sampler = new Sampler(request.sampling());
    }

    @Override
    protected boolean isWriting() {
        return draft != null;
    }

    @Override
    protected void advance() {
        Draft writing = draft;
        float[] logits;
        if (writing == null) {
            int[] ids = request().prompts().next();
            Decoder.Computed first = decoder.begin(cache, ids);
            writing = begin(ids);
            request().meter().add(0, ids.length, first.shared(), 0);
            logits = first.values();
        } else {
            logits = decoder.step(cache, writing.last());
        }
        draft = write(writing, sampler.choose(logits, writing.noiseItem(), writing.count())) ? null : writing;
    }
}
