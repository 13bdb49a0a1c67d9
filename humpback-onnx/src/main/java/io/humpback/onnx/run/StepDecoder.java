package io.humpback.onnx.run;

import io.humpback.model.Completion;
import io.humpback.model.Sampling;
import java.lang.ref.WeakReference;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Computes tokens with a session: prompts in chunks, one at a time, steps of many rows together. A prompt is computed by
 * itself and each row sees its own cache only, so that results do not depend on the company of a batch. Safe for use from
 * many threads.
 */
public final class StepDecoder implements Decoder {

    /** Prompt tokens computed at a time; a chunk's tokens are compared with all of the chunk. */
    private static final int CHUNK = 256;

    /** Capacities of caches are multiples of this. */
    private static final int CAPACITY_STEP = 256;

    private final StepSession session;
    private final StepSession.Bound bound;
    private final boolean owner;
    private final boolean sharing;
    /** Caches of single rows that wait for their next prompt, the latest first. */
    private final Deque<KeyValueCache> idle = new ArrayDeque<>();
    /** The cache of a generation that has ended, for the next one unless the garbage collector comes first. */
    private WeakReference<@Nullable KeyValueCache> kept = new WeakReference<>(null);

    private StepDecoder(StepSession session, StepSession.Bound bound, boolean owner, boolean sharing) {
        this.session = session;
        this.bound = bound;
        this.owner = owner;
        this.sharing = sharing;
    }

    /**
     * {@return an engine over a model}
     *
     * @param model an ONNX file that has the inputs and outputs of the inference graph
     * @param cuda number of the CUDA device, or -1 for the CPU
     * @param threads of the CPU that share an operator, or 0 for one a core
     * @param sharing whether prefixes that a cache holds already are used
     */
    public static StepDecoder open(Path model, int cuda, int threads, boolean sharing) {
        StepSession session = StepSession.open(model, cuda, threads);
        return new StepDecoder(session, session.bind(List.of()), true, sharing);
    }

    /**
     * {@return an engine with tensors at further inputs of the same session, and caches of its own} Closing it frees the
     * tensors; closing this one ends both.
     *
     * @param inputs for all inputs that the graph has besides those of inference
     */
    public StepDecoder with(List<Input> inputs) {
        return new StepDecoder(session, session.bind(inputs), false, sharing);
    }

    @Override
    public int vocabulary() {
        return session.vocabulary();
    }

    @Override
    public int together() {
        return 1;
    }

    @Override
    public List<Computed> next(List<int[]> prompts) {
        return prompts.stream().map(this::next).toList();
    }

    @Override
    public List<Computed> logProbabilities(List<int[]> prompts, List<int[]> completions) {
        return IntStream.range(0, prompts.size())
                .mapToObj(i -> logProbabilities(prompts.get(i), completions.get(i)))
                .toList();
    }

    @Override
    public Iterator<Completion> complete(
            Iterator<int[]> prompts,
            Function<int[], String> decode,
            Sampling sampling,
            Set<Integer> ends,
            int contextLength,
            int batch,
            StepGeneration.Meter meter) {
        return new StepGeneration(this, prompts, decode, sampling, ends, contextLength, batch, meter);
    }

    /**
     * {@return the logits [vocabulary] of the token after a prompt}
     *
     * @param ids at least one
     */
    public Computed next(int[] ids) {
        KeyValueCache cache = borrow(ids.length);
        Computed computed = next(cache, 0, ids);
        giveBack(cache);
        return computed;
    }

    Computed next(KeyValueCache cache, int row, int[] ids) {
        return compute(cache, row, ids, ids.length - 1, null);
    }

    /**
     * {@return the natural logarithms of the probabilities of some tokens after a prompt, each after those before it}
     *
     * @param prompt at least one token
     * @param completion at least one token
     */
    public Computed logProbabilities(int[] prompt, int[] completion) {
        int[] ids = Arrays.copyOf(prompt, prompt.length + completion.length - 1);
        System.arraycopy(completion, 0, ids, prompt.length, completion.length - 1);
        KeyValueCache cache = borrow(ids.length);
        Computed computed = compute(cache, 0, ids, prompt.length - 1, completion);
        giveBack(cache);
        return computed;
    }

    /** Computes what a row does not hold yet; what is asked for begins at a token of the prompt. */
    private Computed compute(
            KeyValueCache cache, int row, int[] ids, int from, int @org.jspecify.annotations.Nullable [] targets) {
        // A single row is rounded in another way than one of several, which 8-bit activations make visible. So no token
        // of
        // a prompt is computed alone, and a result does not depend on what is shared.
        int shared = sharing ? Math.max(0, Math.min(cache.shared(row, ids), Math.min(from, ids.length - 2))) : 0;
        cache.truncate(row, shared);
        float[] values = new float[targets == null ? vocabulary() : targets.length];
        FloatBuffer into = OnnxRuntime.direct(targets == null ? vocabulary() : Math.min(CHUNK, targets.length));
        int done = 0;
        for (int at = shared, end; at < ids.length; at = end) {
            end = ids.length - at == CHUNK + 1 ? ids.length - 2 : Math.min(at + CHUNK, ids.length);
            long[] chunk = new long[end - at];
            for (int i = at; i < end; i++) {
                chunk[i - at] = ids[i];
                cache.append(row, ids[i]);
            }
            int first = Math.max(at, from);
            long[] wanted = new long[targets == null ? (end == ids.length ? 1 : 0) : Math.max(0, end - first)];
            for (int i = 0; i < wanted.length; i++) {
                wanted[i] = targets == null ? chunk.length - 1 : first + i - at;
            }
            long[] scored = targets == null ? null : new long[wanted.length];
            for (int i = 0; scored != null && i < scored.length; i++) {
                scored[i] = targets[first + i - from];
            }
            int size = targets == null ? wanted.length * vocabulary() : wanted.length;
            FloatBuffer part = into.slice(0, size);
            session.run(bound, cache, row, 1, chunk, wanted, scored, part);
            part.get(0, values, done, size);
            done += size;
        }
        return new Computed(values, shared);
    }

    /**
     * Appends a token to each of the first rows of a cache and computes what may follow.
     *
     * @param tokens one for each row
     * @param logits direct; takes [rows, vocabulary]
     */
    void step(KeyValueCache cache, int[] tokens, FloatBuffer logits) {
        long[] ids = new long[tokens.length];
        long[] wanted = new long[tokens.length];
        for (int row = 0; row < tokens.length; row++) {
            cache.append(row, tokens[row]);
            ids[row] = tokens[row];
            wanted[row] = row;
        }
        session.run(bound, cache, 0, tokens.length, ids, wanted, null, logits.slice(0, tokens.length * vocabulary()));
    }

    KeyValueCache newCache(int rows, int capacity) {
        return new KeyValueCache(session.sizes(), rows, capacity(capacity));
    }

    /** Takes a cache whose generation has come to its end. */
    void keep(KeyValueCache cache) {
        synchronized (idle) {
            kept = new WeakReference<>(cache);
        }
    }

    /** {@return the kept cache, with what its rows hold, if so many tokens fit a row} It is kept no longer. */
    @Nullable
    KeyValueCache kept(int tokens) {
        synchronized (idle) {
            KeyValueCache cache = kept.get();
            kept.clear();
            return cache != null && cache.capacity() >= tokens ? cache : null;
        }
    }

    static int capacity(int tokens) {
        return (tokens + CAPACITY_STEP - 1) / CAPACITY_STEP * CAPACITY_STEP;
    }

    /** {@return how many rows of a capacity fit half of what this JVM may take outside its heap, and one buffer each} */
    int rowsThatFit(int tokens) {
        long bytes = session.sizes().bytesPerToken() * capacity(tokens);
        long largest = Math.max(bytes / (2L * session.sizes().layers()), (long) vocabulary() * Float.BYTES);
        long fit = Math.min(Runtime.getRuntime().maxMemory() / 2 / bytes, Integer.MAX_VALUE / largest);
        return (int) Math.max(1, fit);
    }

    private KeyValueCache borrow(int tokens) {
        KeyValueCache cache;
        synchronized (idle) {
            cache = idle.poll();
        }
        if (cache == null) {
            return newCache(1, tokens);
        }
        if (cache.capacity() >= tokens) {
            return cache;
        }
        KeyValueCache larger = newCache(1, tokens + tokens / 2);
        larger.copy(cache, 0, 0, cache.length(0));
        return larger;
    }

    /** Only after a computation that came to its end: a failed one has noted tokens that were not computed. */
    private void giveBack(KeyValueCache cache) {
        synchronized (idle) {
            idle.push(cache);
        }
    }

    @Override
    public void close() {
        bound.close();
        if (owner) {
            session.close();
        }
        synchronized (idle) {
            idle.clear();
            kept.clear();
        }
    }
}
