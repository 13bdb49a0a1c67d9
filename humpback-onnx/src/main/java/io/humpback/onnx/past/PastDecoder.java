package io.humpback.onnx.past;

import io.humpback.model.Completion;
import io.humpback.onnx.run.DecodeRequest;
import io.humpback.onnx.run.Decoder;
import io.humpback.onnx.run.TokenContinuation;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;

/**
 * Computes tokens with a decoder that others exported, one sequence at a time: such graphs agree on nothing about
 * sequences of unequal lengths. What a prompt shares with the one before it is computed once. Safe for use from many
 * threads.
 */
public final class PastDecoder implements Decoder {

    /** Prompt tokens computed at a time, at most; a chunk's tokens are compared with all of the chunk. */
    private static final int CHUNK = 256;

    /** Logits of a chunk, at most: most graphs give those of every token. */
    private static final int LOGITS = 1 << 24;

    private final PastSession session;
    private final boolean sharing;
    private final int chunk;
    /** For prompts that are computed once, in their turns. */
    private PastCache cache;

    private PastDecoder(PastSession session, boolean sharing) {
        this.session = session;
        this.sharing = sharing;
        chunk = Math.max(16, Math.min(CHUNK, LOGITS / session.vocabulary()));
        cache = session.newCache();
    }

    /**
     * {@return a decoder of a model}
     *
     * @param model an ONNX file
     * @param cuda number of the CUDA device, or -1 for the CPU
     * @param threads of the CPU that share an operator, or 0 for one a core
     * @param names of inputs and outputs
     * @param vocabulary number of tokens
     * @param width of a head, where the graph leaves it open; 0 for unknown
     * @param sharing whether beginnings that a cache holds already are used; not where what is computed together has an
     *     influence on each other
     * @throws io.humpback.model.ModelException if it has other inputs or outputs; the message names them
     */
    public static PastDecoder open(
            Path model, int cuda, int threads, PastNames names, int vocabulary, int width, boolean sharing) {
        return new PastDecoder(
                PastSession.open(model, cuda, threads, names, new PastSession.Sizes(vocabulary, width)), sharing);
    }

    @Override
    public int vocabulary() {
        return session.vocabulary();
    }

    @Override
    public int preferredBatch() {
        return 1;
    }

    @Override
    public List<Computed> next(List<int[]> prompts) {
        return prompts.stream().map(ids -> inTurn(held -> next(held, ids))).toList();
    }

    @Override
    public List<Computed> logProbabilities(List<TokenContinuation> continuations) {
        return continuations.stream()
                .map(continuation -> inTurn(held -> logProbabilities(held, continuation)))
                .toList();
    }

    /** Frees the memory of what was computed; the session stays, as its graph is mapped from the user's own file. */
    @Override
    public void release(GraphFile again) {
        session.inTurn(() -> cache = session.newCache());
    }

    @Override
    public Iterator<Completion> complete(DecodeRequest request) {
        return new PastGeneration(this, request);
    }

    private <T> T inTurn(Function<PastCache, T> computation) {
        return session.inTurn(() -> computation.apply(cache));
    }

    /** {@return the logits after a prompt that a cache of the caller's is to hold} */
    Computed begin(PastCache held, int[] ids) {
        return session.inTurn(() -> next(held, ids));
    }

    /** {@return the logits after one more token} */
    float[] step(PastCache held, int token) {
        held.reserve(held.length() + 1);
        return session.inTurn(() -> session.run(held, new long[] {token}, 1)[0]);
    }

    PastCache newCache() {
        return session.newCache();
    }

    private Computed next(PastCache held, int[] ids) {
        float[][] last = new float[1][];
        int shared = compute(held, ids, ids.length - 1, (at, logits) -> last[0] = logits);
        return new Computed(last[0], shared);
    }

    private Computed logProbabilities(PastCache held, TokenContinuation continuation) {
        int[] ids = continuation.read();
        int from = continuation.prompt().length - 1;
        float[] logs = new float[continuation.completion().length];
        int shared = compute(held, ids, from, (at, logits) -> {
            int target = continuation.completion()[at - from];
            logs[at - from] = (float) (logits[target] - logSumExp(logits));
        });
        return new Computed(logs, shared);
    }

    private static double logSumExp(float[] logits) {
        double max = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            max = Math.max(max, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - max);
        }
        return max + Math.log(sum);
    }

    @FunctionalInterface
    private interface Reader {
        void read(int at, float[] logits);
    }

    /** Computes what a cache does not hold yet, and reads the logits of each token from one on; {@return what was shared} */
    private int compute(PastCache held, int[] ids, int from, Reader reader) {
        // as in StepDecoder: no token of a prompt is computed alone, so that a result does not depend on what is shared
        int shared = sharing ? Math.max(0, Math.min(held.shared(ids), Math.min(from, ids.length - 2))) : 0;
        held.truncate(shared);
        held.reserve(ids.length);
        for (int at = shared, end; at < ids.length; at = end) {
            end = end(at, ids.length, from);
            long[] tokens = Arrays.stream(ids, at, end).asLongStream().toArray();
            int first = Math.max(at, from);
            float[][] logits = session.run(held, tokens, Math.max(0, end - first));
            for (int i = 0; i < logits.length; i++) {
                reader.read(first + i, logits[i]);
            }
        }
        return shared;
    }

    private int end(int at, int length, int from) {
        if (session.givesLastOnly() && at >= from) {
            return at + 1;
        }
        int end = length - at == chunk + 1 ? length - 2 : Math.min(at + chunk, length);
        return session.givesLastOnly() && end > from + 1 ? from + 1 : end;
    }

    @Override
    public void close() {
        session.close();
        cache = session.newCache();
    }
}
