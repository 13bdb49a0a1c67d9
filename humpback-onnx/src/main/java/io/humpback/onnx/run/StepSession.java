package io.humpback.onnx.run;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import io.humpback.model.ModelException;
import io.humpback.onnx.llama.PooledStates;
import io.humpback.onnx.run.Decoder.GraphFile;
import io.humpback.onnx.run.StepDecoder.Input;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A session over a graph of inference that computes new tokens of sequences whose keys and values lie in a cache. */
final class StepSession implements AutoCloseable {

    private final SharedSession session;
    private final KeyValueCache.Sizes sizes;
    private final int vocabulary;
    private final boolean hasTargets;
    private final boolean hasStates;
    private final boolean rotated;
    private final int width;
    private final String[] pasts;
    private final String[] presents;

    private StepSession(SharedSession session) {
        this.session = session;
        long[] cache = session.inputShape("past_key_values.0.key", 1, 3);
        vocabulary = (int) session.outputShape("logits", 1)[1];
        hasTargets = session.inputs().contains("targets");
        hasStates = session.inputs().contains(PooledStates.INPUT);
        rotated = session.outputs().contains(PooledStates.ROTATED_OUTPUT + 1);
        width = hasStates ? (int) session.outputShape(states(1), 1)[1] : 0;
        int layers = 0;
        while (session.inputs().contains("past_key_values." + layers + ".key")) {
            layers++;
        }
        sizes = new KeyValueCache.Sizes(layers, (int) cache[1], (int) cache[3]);
        pasts = new String[2 * layers];
        presents = new String[2 * layers];
        for (int i = 0; i < pasts.length; i++) {
            String part = i / 2 + (i % 2 == 0 ? ".key" : ".value");
            pasts[i] = "past_key_values." + part;
            presents[i] = "present." + part;
        }
    }

    static StepSession open(Path model, int cuda, int threads) {
        return SharedSession.open(model, cuda, threads, StepSession::new);
    }

    KeyValueCache.Sizes sizes() {
        return sizes;
    }

    int vocabulary() {
        return vocabulary;
    }

    /** {@return the number of blocks whose states the graph gives; 0 if it gives none} */
    int stateLayers() {
        return hasStates ? sizes.layers() : 0;
    }

    /** {@return the size of a state} */
    int stateWidth() {
        return width;
    }

    /** {@return whether states are in coordinates turned by {@link io.humpback.onnx.quantize.Rotation}} */
    boolean statesAreRotated() {
        return rotated;
    }

    private String states(int layer) {
        return (rotated ? PooledStates.ROTATED_OUTPUT : PooledStates.OUTPUT) + layer;
    }

    /**
     * Weighted sums over new tokens of the states after some blocks.
     *
     * @param weights [rows, tokens]
     * @param layers numbers of the blocks
     * @param into takes the sums [layers, rows, width]
     */
    record Pooling(float[] weights, List<Integer> layers, FloatBuffer into) {}

    /** Tensors that stay at inputs from call to call until closed, which closing the session does not do. */
    final class Bound implements AutoCloseable {
        private final TensorScope scope = session.scope();
        private final Map<String, OnnxTensor> tensors = new HashMap<>();
        private volatile boolean closed;

        Map<String, OnnxTensor> tensors() {
            return tensors;
        }

        @Override
        public void close() {
            closed = true;
            session.betweenComputations(scope::close);
        }
    }

    /** {@return tensors of some inputs' values} */
    Bound bind(List<Input> inputs) {
        Bound bound = new Bound();
        try {
            for (Input input : inputs) {
                bound.tensors.put(input.name(), bound.scope.floats(input.values(), input.shape()));
            }
            return bound;
        } catch (OrtException e) {
            bound.close();
            throw new ModelException("taking in an adapter: " + OnnxRuntime.firstLine(e), e);
        }
    }

    /** {@return what a caller computes with its bound tensors, {@linkplain SharedSession#inTurn in its turn}} */
    <T> T inTurn(Bound bound, Supplier<T> caller) {
        return session.inTurn(() -> {
            if (bound.closed) {
                throw new IllegalStateException("the model is closed");
            }
            return caller.get();
        });
    }

    /**
     * Runs new tokens of some neighbouring rows of a cache, equally many for each, and records them there.
     * To be called {@linkplain #inTurn in the caller's turn}.
     *
     * @param bound further inputs
     * @param cache where keys and values are read and written
     * @param row the first row
     * @param ids the new tokens of the first row, then of the next, ...
     * @param count rows
     * @param wanted numbers of the tokens, counted through ids, whose logits are wanted
     * @param targets for each of them the token whose log-probability is wanted, or null for the logits
     * @param into takes the logits [wanted, vocabulary], or the log-probabilities [wanted]
     */
    void run(
            Bound bound,
            KeyValueCache cache,
            int row,
            int count,
            long[] ids,
            long[] wanted,
            long @Nullable [] targets,
            FloatBuffer into) {
        run(bound, cache, row, count, ids, wanted, targets, into, null);
    }

    /** Runs new tokens of a row of a cache for their states; otherwise as {@link #run}. */
    void run(Bound bound, KeyValueCache cache, int row, long[] ids, Pooling pooling) {
        FloatBuffer none = OnnxRuntime.direct(0);
        run(bound, cache, row, 1, ids, new long[0], null, none, pooling);
    }

    private void run(
            Bound bound,
            KeyValueCache cache,
            int row,
            int count,
            long[] ids,
            long[] wanted,
            long @Nullable [] targets,
            FloatBuffer into,
            @Nullable Pooling pooling) {
        int[] last = new int[count];
        int total = 0;
        int each = ids.length / count;
        for (int i = 0; i < count; i++) {
            last[i] = cache.length(row + i) + each - 1;
            total = Math.max(total, last[i] + 1);
        }
        if (each > 1) {
            // Of several tokens the operator of attention reads this only to choose its kernel: 1 keeps it from the
            // tiled one, which took up to 1.6 times as long (ONNX Runtime 1.29, AVX-512).
            total = 1;
        }
        long[] scored = targets == null ? new long[0] : targets;
        long[] scoredRows = new long[scored.length];
        for (int i = 0; i < scoredRows.length; i++) {
            scoredRows[i] = i;
        }
        int lengths = total;
        session.compute("running " + ids.length + " tokens", (runtime, tensors) -> {
            Map<String, OnnxTensor> inputs = new HashMap<>(bound.tensors);
            inputs.put("input_ids", tensors.longs(ids, count, each));
            inputs.put("rows", tensors.longs(wanted, wanted.length));
            if (hasTargets) {
                inputs.put("target_rows", tensors.longs(scoredRows, scored.length));
                inputs.put("targets", tensors.longs(scored, scored.length, 1));
            }
            inputs.put("last_position", tensors.ints(last, count));
            inputs.put("total_length", tensors.ints(new int[] {lengths}));
            Map<String, OnnxTensor> outputs = new HashMap<>();
            if (hasStates) {
                pool(pooling, ids.length, tensors, inputs, outputs);
            }
            if (targets == null) {
                outputs.put("logits", tensors.floats(into, wanted.length, vocabulary));
            } else {
                outputs.put("target_logprobs", tensors.floats(into, scored.length, 1));
            }
            List<OnnxTensor> parts = cache.tensors(tensors, row, count);
            for (int i = 0; i < pasts.length; i++) {
                inputs.put(pasts[i], parts.get(i));
                outputs.put(presents[i], parts.get(i));
            }
            runtime.run(inputs, Set.of(), outputs).close();
            for (int i = 0; i < count; i++) {
                cache.append(row + i, Arrays.copyOfRange(ids, i * each, (i + 1) * each), each > 1);
            }
            return into;
        });
    }

    private void pool(
            @Nullable Pooling pooling,
            int tokens,
            TensorScope tensors,
            Map<String, OnnxTensor> inputs,
            Map<String, OnnxTensor> outputs)
            throws OrtException {
        float[] weights = pooling == null ? new float[0] : pooling.weights();
        int rows = weights.length / tokens;
        inputs.put(PooledStates.INPUT, tensors.floats(FloatBuffer.wrap(weights), rows, tokens));
        if (pooling != null) {
            int at = 0;
            for (int layer : pooling.layers()) {
                FloatBuffer part = pooling.into().slice(at, rows * width);
                outputs.put(states(layer), tensors.floats(part, rows, width));
                at += rows * width;
            }
        }
    }

    /** Frees the session's memory, see {@link Decoder#release}. */
    void release(GraphFile again) {
        session.release(again);
    }

    @Override
    public void close() {
        session.close();
    }
}
