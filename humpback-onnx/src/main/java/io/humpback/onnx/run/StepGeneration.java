package io.humpback.onnx.run;

import static java.util.Objects.requireNonNull;

import io.humpback.model.Completion;
import io.humpback.model.Sampling;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Completions of a stream of prompts, in order. Up to a batch of rows is written side by side; a row that has ended is
 * taken by the next prompt at once, so that short completions do not wait for long ones.
 */
public final class StepGeneration implements Iterator<Completion> {

    /** Items begun before the oldest one has ended, in batches: bounds what waits to be handed on. */
    private static final int AHEAD = 8;

    /** Told of each item when it has ended, and now and then between. */
    public interface Meter {
        /**
         * Something was computed.
         *
         * @param items ended
         * @param prompt tokens
         * @param shared of them
         * @param written tokens
         */
        void add(int items, int prompt, int shared, int written);
    }

    private final StepDecoder engine;
    private final Iterator<int[]> prompts;
    private final Function<int[], String> decode;
    private final Sampling sampling;
    private final Sampler sampler;
    private final Set<Integer> ends;
    private final int contextLength;
    private final int batch;
    private final Meter meter;
    private final List<Draft> rows = new ArrayList<>();
    private final Map<Long, Completion> ended = new HashMap<>();
    private @Nullable KeyValueCache cache;
    private @Nullable FloatBuffer logits;
    private final float[] line;
    private int @Nullable [] waiting;
    private long begun;
    private long handed;

    /**
     * @param prompts ids of the prompts, each shorter than the context
     * @param decode makes text of ids
     * @param ends tokens that end a completion
     * @param contextLength tokens of prompt and completion together, at most
     * @param batch rows written side by side, at most
     * @param meter told of what is computed
     */
    public StepGeneration(
            StepDecoder engine,
            Iterator<int[]> prompts,
            Function<int[], String> decode,
            Sampling sampling,
            Set<Integer> ends,
            int contextLength,
            int batch,
            Meter meter) {
        this.engine = engine;
        this.prompts = prompts;
        this.decode = decode;
        this.sampling = sampling;
        this.sampler = new Sampler(sampling);
        this.ends = Draft.ends(sampling, ends);
        this.contextLength = contextLength;
        this.batch = batch;
        this.meter = meter;
        line = new float[engine.vocabulary()];
    }

    @Override
    public boolean hasNext() {
        boolean more = !ended.isEmpty() || !rows.isEmpty() || waiting != null || prompts.hasNext();
        if (!more && cache != null) {
            engine.keep(cache);
            cache = null;
        }
        return more;
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
            begin();
            step();
        }
        return ended.remove(handed++);
    }

    /** Takes prompts into free rows while they fit. */
    private void begin() {
        while (rows.size() < batch && begun < handed + (long) AHEAD * batch) {
            if (waiting == null) {
                if (!prompts.hasNext()) {
                    return;
                }
                waiting = prompts.next();
            }
            int limit = Math.min(sampling.maxTokens(), contextLength - waiting.length);
            if (!makeRoom(waiting.length + limit)) {
                return;
            }
            begin(waiting, limit);
            waiting = null;
        }
    }

    /** {@return whether one more row of so many tokens has its place in the cache} */
    private boolean makeRoom(int tokens) {
        if (cache != null && cache.capacity() >= tokens && rows.size() < cache.rows()) {
            return true;
        }
        if (cache == null) {
            cache = engine.kept(tokens);
            if (cache != null) {
                logits = OnnxRuntime.direct(cache.rows() * engine.vocabulary());
                return true;
            }
        }
        int capacity = cache == null ? tokens : Math.max(cache.capacity(), tokens);
        int fit = Math.min(batch, engine.rowsThatFit(capacity));
        if (rows.size() >= fit) {
            return false;
        }
        // As many rows as are used, doubled when they are: a single prompt pays for one.
        int count = cache == null ? 1 : Math.max(rows.size() + 1, Math.min(fit, 4 * cache.rows()));
        KeyValueCache larger = engine.newCache(Math.min(fit, count), capacity);
        for (int row = 0; cache != null && row < Math.min(cache.rows(), larger.rows()); row++) {
            larger.copy(cache, row, row, cache.length(row));
        }
        cache = larger;
        logits = OnnxRuntime.direct(larger.rows() * engine.vocabulary());
        return true;
    }

    private void begin(int[] ids, int limit) {
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
        Decoder.Computed first = engine.next(to, place, ids);
        Draft row = new Draft(begun++, ids, limit);
        rows.add(row);
        meter.add(0, ids.length, first.shared(), 0);
        choose(place, row, first.values());
    }

    /** Writes one more token in every row. */
    private void step() {
        if (rows.isEmpty()) {
            return;
        }
        int[] tokens = rows.stream().mapToInt(Draft::last).toArray();
        FloatBuffer into = requireNonNull(logits);
        engine.step(requireNonNull(cache), tokens, into);
        for (int place = tokens.length - 1; place >= 0; place--) {
            into.get(place * line.length, line);
            choose(place, rows.get(place), line);
        }
    }

    private void choose(int place, Draft row, float[] values) {
        row.add(sampler.choose(values, row.item, row.count()));
        meter.add(0, 0, 0, 1);
        Completion completion = row.ended(sampling, ends, decode);
        if (completion != null) {
            end(place, row.item, completion);
        }
    }

    /** Hands a row's completion on; the last row takes its place. */
    private void end(int place, long item, Completion completion) {
        ended.put(item, completion);
        meter.add(1, 0, 0, 0);
        KeyValueCache held = requireNonNull(cache);
        int last = rows.size() - 1;
        if (place != last) {
            held.copy(held, last, place, held.length(last));
            rows.set(place, rows.get(last));
        }
        rows.remove(last);
    }
}
