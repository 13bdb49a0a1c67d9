package io.humpback.onnx.run;

import static java.util.Objects.requireNonNull;

import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Completions of a stream of prompts, in order. Up to a batch of rows is written at the same time; a row that has ended
 * is taken by the next prompt at once, so that short completions do not wait for long ones.
 */
final class StepGeneration extends Generation {

    private final StepDecoder decoder;
    private final IdleCaches caches;
    private final Sampler sampler;
    private final List<Draft> rows = new ArrayList<>();
    private @Nullable KeyValueCache cache;
    private @Nullable FloatBuffer logits;
    private final float[] line;
    private int @Nullable [] waiting;

    StepGeneration(StepDecoder decoder, IdleCaches caches, DecodeRequest request) {
        super(request);
        this.decoder = decoder;
        this.caches = caches;
        sampler = new Sampler(request.sampling());
        line = new float[decoder.vocabulary()];
    }

    @Override
    public boolean hasNext() {
        boolean more = super.hasNext();
        if (!more && cache != null) {
            caches.keep(cache);
            cache = null;
        }
        return more;
    }

    @Override
    protected boolean isWriting() {
        return !rows.isEmpty() || waiting != null;
    }

    @Override
    protected void advance() {
        begin();
        step();
    }

    /** Takes prompts into free rows while they fit. */
    private void begin() {
        while (rows.size() < request.batch() && mayBegin()) {
            if (waiting == null) {
                if (!request.prompts().hasNext()) {
                    return;
                }
                waiting = request.prompts().next();
            }
            if (!makeRoom(waiting.length + Draft.limit(waiting, request))) {
                return;
            }
            beginRow(waiting);
            waiting = null;
        }
    }

    /** {@return whether one more row of a number of tokens has its place in the cache} */
    private boolean makeRoom(int tokens) {
        if (cache != null && cache.capacity() >= tokens && rows.size() < cache.rows()) {
            return true;
        }
        if (cache == null) {
            cache = caches.takeKept(tokens);
            if (cache != null) {
                logits = OnnxRuntime.direct(cache.rows() * decoder.vocabulary());
                return true;
            }
        }
        int capacity = cache == null ? tokens : Math.max(cache.capacity(), tokens);
        int fit = Math.min(request.batch(), decoder.rowsThatFit(capacity));
        if (rows.size() >= fit) {
            return false;
        }
        // A single prompt pays for one row only; when all rows are in use, there are four times more.
        KeyValueCache held = cache;
        int count = held == null ? 1 : Math.min(fit, Math.max(rows.size() + 1, 4 * held.rows()));
        cache = null; // if memory is short, it has moved in part
        KeyValueCache larger = held == null ? decoder.newCache(count, capacity) : held.moved(count, capacity);
        cache = larger;
        logits = OnnxRuntime.direct(larger.rows() * decoder.vocabulary());
        return true;
    }

    private void beginRow(int[] ids) {
        KeyValueCache to = requireNonNull(cache);
        int place = rows.size();
        int longest = place;
        for (int row = 0; row < to.rows(); row++) {
            longest = to.shared(row, ids) > to.shared(longest, ids) ? row : longest;
        }
        int shared = to.shared(longest, ids);
        if (longest != place && shared > to.shared(place, ids)) {
            to.copy(to, longest, place, shared);
        }
        Decoder.Computed first = decoder.next(to, place, ids);
        Draft row = begin(ids);
        rows.add(row);
        request.meter().add(0, ids.length, first.shared(), 0);
        choose(place, row, first.values());
    }

    /** Writes one more token in every row. */
    private void step() {
        if (rows.isEmpty()) {
            return;
        }
        int[] tokens = rows.stream().mapToInt(Draft::last).toArray();
        FloatBuffer into = requireNonNull(logits);
        decoder.step(requireNonNull(cache), tokens, into);
        for (int place = tokens.length - 1; place >= 0; place--) {
            into.get(place * line.length, line);
            choose(place, rows.get(place), line);
        }
    }

    private void choose(int place, Draft row, float[] values) {
        if (write(row, sampler.choose(values, row.noiseItem(), row.count()))) {
            free(place);
        }
    }

    /** The last row takes the place of one that has ended. */
    private void free(int place) {
        KeyValueCache held = requireNonNull(cache);
        int last = rows.size() - 1;
        if (place != last) {
            held.copy(held, last, place, held.length(last));
            rows.set(place, rows.get(last));
        }
        rows.remove(last);
    }
}
