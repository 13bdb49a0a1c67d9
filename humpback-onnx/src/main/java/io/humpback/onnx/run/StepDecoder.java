package io.humpback.onnx.run;

import static java.util.Objects.requireNonNull;

import io.humpback.model.Completion;
import io.humpback.onnx.quantize.Rotation;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Computes tokens with a session: prompts in chunks, one at a time, steps of many rows together. A prompt is computed by
 * itself and each row sees its own cache only, so that results do not depend on the rest of a batch. Safe for use from
 * many threads.
 */
public final class StepDecoder implements Decoder {

    /** A tensor of floats, in row-major order, for an input of a graph. */
    public record Input(String name, long[] shape, FloatBuffer values) {}

    /** Prompt tokens computed at a time, at most; a chunk's tokens are compared with all of the chunk. */
    private static final int CHUNK = 256;

    /** Beginnings of prompts that are kept, such as those of a judge's rubrics, when they come again and again. */
    private static final int BEGINNINGS = 4;

    private final StepSession session;
    private final StepSession.Bound bound;
    private final boolean owner;
    private final boolean sharing;
    private final IdleCaches caches;
    /** Takes what the graph gives for a prompt, in its turn, in which it may grow. */
    private FloatBuffer outcome;

    private StepDecoder(StepSession session, StepSession.Bound bound, boolean owner, boolean sharing) {
        this.session = session;
        this.bound = bound;
        this.owner = owner;
        this.sharing = sharing;
        caches = new IdleCaches(session.sizes(), sharing ? BEGINNINGS : 1);
        outcome = OnnxRuntime.direct(Math.max(session.vocabulary(), CHUNK));
    }

    /**
     * {@return a decoder of a model}
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
     * {@return a decoder with tensors at the inputs that the graph has more than those of inference, and caches of its
     * own} It shares the session. Closing it frees the tensors; closing this one ends both.
     */
    public StepDecoder with(List<Input> inputs) {
        return new StepDecoder(session, session.bind(inputs), false, sharing);
    }

    @Override
    public int vocabulary() {
        return session.vocabulary();
    }

    @Override
    public int preferredBatch() {
        return 1;
    }

    /** {@inheritDoc} Prompts that continue the one before are computed with it in one run. */
    @Override
    public List<Computed> next(List<int[]> prompts) {
        List<Computed> computed = new ArrayList<>();
        for (int at = 0, end; at < prompts.size(); at = end) {
            end = at + 1;
            while (end < prompts.size() && continues(prompts.get(end), prompts.get(end - 1))) {
                end++;
            }
            computed.addAll(chain(prompts.subList(at, end)));
        }
        return computed;
    }

    private static boolean continues(int[] longer, int[] shorter) {
        return longer.length > shorter.length && Arrays.mismatch(longer, shorter) == shorter.length;
    }

    /** {@return the logits after each of some prompts, of which each continues the one before} */
    private List<Computed> chain(List<int[]> prompts) {
        int[] ids = prompts.get(prompts.size() - 1);
        int[] places = prompts.stream().mapToInt(prompt -> prompt.length - 1).toArray();
        Computed all = inTurn(ids, cache -> compute(cache, 0, ids, places, null));
        List<Computed> each = new ArrayList<>();
        for (int i = 0; i < places.length; i++) {
            float[] logits = Arrays.copyOfRange(all.values(), i * vocabulary(), (i + 1) * vocabulary());
            each.add(new Computed(logits, i == 0 ? all.shared() : places[i - 1] + 1));
        }
        return each;
    }

    @Override
    public List<Computed> logProbabilities(List<TokenContinuation> continuations) {
        return continuations.stream().map(this::logProbabilities).toList();
    }

    @Override
    public int stateLayers() {
        return session.stateLayers();
    }

    @Override
    public List<Computed> states(List<StateRequest> requests) {
        return requests.stream()
                .map(request -> inTurn(request.ids(), cache -> states(cache, request)))
                .toList();
    }

    private Computed states(KeyValueCache cache, StateRequest request) {
        int[] ids = request.ids();
        int shared = shared(cache, 0, ids, request.first());
        cache.truncate(0, shared);
        int width = session.stateWidth();
        float[] sums = new float[request.layers().size() * request.rows() * width];
        for (int at = shared, end; at < ids.length; at = end) {
            end = chunkEnd(at, ids.length);
            FloatBuffer part = outcome(sums.length);
            session.run(
                    bound,
                    cache,
                    0,
                    chunk(ids, at, end),
                    new StepSession.Pooling(request.weights(at, end), request.layers(), part));
            for (int i = 0; i < sums.length; i++) {
                sums[i] += part.get(i);
            }
        }
        if (session.statesAreRotated()) {
            Rotation rotation = new Rotation(width);
            for (int at = 0; at < sums.length; at += width) {
                rotation.undo(sums, at);
            }
        }
        return new Computed(sums, shared);
    }

    @Override
    public Iterator<Completion> complete(DecodeRequest request) {
        return new StepGeneration(this, caches, request);
    }

    /** {@return the logits [vocabulary] of the token after a prompt of at least one token} */
    public Computed next(int[] ids) {
        return inTurn(ids, cache -> compute(cache, 0, ids, new int[] {ids.length - 1}, null));
    }

    Computed next(KeyValueCache cache, int row, int[] ids) {
        return session.inTurn(bound, () -> compute(cache, row, ids, new int[] {ids.length - 1}, null));
    }

    /** {@return the natural logarithms of the probabilities of the completion's tokens, each after those before it} */
    public Computed logProbabilities(TokenContinuation continuation) {
        int[] ids = continuation.read();
        int[] places =
                IntStream.range(continuation.prompt().length - 1, ids.length).toArray();
        return inTurn(ids, cache -> compute(cache, 0, ids, places, continuation.completion()));
    }

    /** Lends a cache to the caller whose turn it is, so that there are not more of them when more callers wait. */
    private Computed inTurn(int[] ids, Function<KeyValueCache, Computed> computation) {
        return session.inTurn(bound, () -> {
            KeyValueCache cache = caches.borrow(ids);
            try {
                return computation.apply(cache);
            } finally {
                caches.giveBack(cache);
            }
        });
    }

    /**
     * Computes what a row does not hold yet: what follows the tokens at some places, the last one's among them.
     *
     * @param places numbers of tokens, rising
     * @param targets for each place the token whose log-probability is wanted, or null for the logits
     */
    private Computed compute(KeyValueCache cache, int row, int[] ids, int[] places, int @Nullable [] targets) {
        int shared = shared(cache, row, ids, places[0]);
        cache.truncate(row, shared);
        int each = targets == null ? vocabulary() : 1;
        float[] values = new float[places.length * each];
        int done = 0; // places
        for (int at = shared, end; at < ids.length; at = end) {
            end = chunkEnd(at, ids.length);
            int before = done;
            while (done < places.length && places[done] < end) {
                done++;
            }
            long[] wanted = new long[done - before];
            long[] scored = targets == null ? null : new long[wanted.length];
            for (int i = 0; i < wanted.length; i++) {
                wanted[i] = (long) places[before + i] - at;
                if (scored != null) {
                    scored[i] = requireNonNull(targets)[before + i];
                }
            }
            FloatBuffer part = outcome(wanted.length * each);
            session.run(bound, cache, row, 1, chunk(ids, at, end), wanted, scored, part);
            part.get(0, values, before * each, wanted.length * each);
        }
        return new Computed(values, shared);
    }

    /** {@return how many first tokens of a prompt a row's cache holds, of those before one that must be computed} */
    private int shared(KeyValueCache cache, int row, int[] ids, int first) {
        // A single row is rounded in another way than one of several, which 8-bit activations make visible. So no token
        // of a prompt is computed alone, and a result does not depend on what is shared.
        return sharing ? Math.max(0, Math.min(cache.shared(row, ids), Math.min(first, ids.length - 2))) : 0;
    }

    /** Chunks are about equal, as a short one reads all weights too. */
    private static int chunkEnd(int at, int length) {
        int chunks = (length - at + CHUNK - 1) / CHUNK;
        return at + (length - at + chunks - 1) / chunks;
    }

    private static long[] chunk(int[] ids, int at, int end) {
        return Arrays.stream(ids, at, end).asLongStream().toArray();
    }

    private FloatBuffer outcome(int size) {
        if (outcome.capacity() < size) {
            outcome = OnnxRuntime.direct(size);
        }
        return outcome.slice(0, size);
    }

    /**
     * Appends a token to each of the first rows of a cache and computes what may follow: a direct buffer takes logits
     * [rows, vocabulary].
     */
    void step(KeyValueCache cache, int[] tokens, FloatBuffer logits) {
        long[] ids = new long[tokens.length];
        long[] wanted = new long[tokens.length];
        for (int row = 0; row < tokens.length; row++) {
            ids[row] = tokens[row];
            wanted[row] = row;
        }
        FloatBuffer into = logits.slice(0, tokens.length * vocabulary());
        session.inTurn(bound, () -> {
            session.run(bound, cache, 0, tokens.length, ids, wanted, null, into);
            return into;
        });
    }

    KeyValueCache newCache(int rows, int capacity) {
        return KeyValueCache.of(session.sizes(), rows, capacity);
    }

    /** {@return how many rows of a capacity fit half of what this JVM may take outside its heap, and one buffer each} */
    int rowsThatFit(int tokens) {
        long bytes = session.sizes().bytesPerToken() * KeyValueCache.capacityFor(tokens);
        long largest = Math.max(bytes / (2L * session.sizes().layers()), (long) vocabulary() * Float.BYTES);
        long fit = Math.min(Runtime.getRuntime().maxMemory() / 2 / bytes, Integer.MAX_VALUE / largest);
        return (int) Math.max(1, fit);
    }

    @Override
    public void release(GraphFile again) {
        caches.clear();
        session.release(again);
    }

    @Override
    public void close() {
        if (owner) {
            session.close();
        }
        bound.close();
        caches.clear();
    }
}
