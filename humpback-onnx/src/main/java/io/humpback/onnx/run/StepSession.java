package io.humpback.onnx.run;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.humpback.model.ModelException;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** One session of ONNX Runtime over a graph of inference; calls from several threads take turns, in their order. */
final class StepSession implements AutoCloseable {

    private final OrtEnvironment environment;
    private final OrtSession session;
    private final ReentrantLock turn = new ReentrantLock(true);
    private final KeyValueCache.Sizes sizes;
    private final int vocabulary;
    private final String[] pasts;
    private final String[] presents;
    private boolean closed;

    private StepSession(Path model, OrtEnvironment environment, OrtSession session) throws OrtException {
        this.environment = environment;
        this.session = session;
        long[] cache = shape(model, session.getInputInfo(), "past_key_values.0.key", 1, 3);
        vocabulary = (int) shape(model, session.getOutputInfo(), "logits", 1)[1];
        int layers = 0;
        while (session.getInputNames().contains("past_key_values." + layers + ".key")) {
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

    /**
     * {@return the shape of an input or output that a graph of inference has}
     *
     * @param known axes of known size
     */
    static long[] shape(Path model, Map<String, NodeInfo> infos, String name, int... known) {
        NodeInfo info = infos.get(name);
        long[] shape = info != null && info.getInfo() instanceof TensorInfo tensor ? tensor.getShape() : new long[0];
        for (int axis : known) {
            if (axis >= shape.length || shape[axis] < 1 || shape[axis] > Integer.MAX_VALUE) {
                throw new ModelException(model + ": no graph of inference: " + name + " " + Arrays.toString(shape)
                        + ", expected a known size at axis " + axis);
            }
        }
        return shape;
    }

    /** What is made of a session of the runtime. */
    @FunctionalInterface
    interface Opened<T> {
        T of(OrtEnvironment environment, OrtSession session) throws OrtException;
    }

    static StepSession open(Path model, int cuda, int threads) {
        return open(model, cuda, threads, (environment, session) -> new StepSession(model, environment, session));
    }

    static <T> T open(Path model, int cuda, int threads, Opened<T> then) {
        OrtSession opened = null;
        try {
            OrtEnvironment environment = OnnxRuntime.environment();
            try (OrtSession.SessionOptions options = OnnxRuntime.options(cuda, threads)) {
                opened = OnnxRuntime.withDeepStack(() -> environment.createSession(model.toString(), options));
                return then.of(environment, opened);
            }
        } catch (OrtException e) {
            OnnxRuntime.close(opened);
            throw new ModelException(model + ": ONNX Runtime cannot open it: " + OnnxRuntime.firstLine(e), e);
        } catch (RuntimeException e) {
            OnnxRuntime.close(opened);
            throw e;
        }
    }

    KeyValueCache.Sizes sizes() {
        return sizes;
    }

    int vocabulary() {
        return vocabulary;
    }

    /** Tensors that stay at inputs from call to call. */
    final class Bound implements AutoCloseable {
        private final Map<String, OnnxTensor> tensors = new HashMap<>();
        private boolean released;

        Map<String, OnnxTensor> tensors() {
            return tensors;
        }

        @Override
        public void close() {
            turn.lock();
            try {
                released = true;
                tensors.values().forEach(OnnxTensor::close);
            } finally {
                turn.unlock();
            }
        }
    }

    /**
     * {@return tensors that are kept until closed, which closing the session does not do}
     *
     * @param inputs their values
     */
    Bound bind(List<Input> inputs) {
        Bound bound = new Bound();
        try {
            for (Input input : inputs) {
                OnnxTensor tensor = OnnxTensor.createTensor(environment, input.values(), input.shape());
                bound.tensors.put(input.name(), tensor);
            }
            return bound;
        } catch (OrtException e) {
            bound.close();
            throw new ModelException("taking in an adapter: " + OnnxRuntime.firstLine(e), e);
        }
    }

    /**
     * Runs new tokens of some neighbouring rows of a cache, as many for each row, which the rows already have noted.
     *
     * @param bound what goes in besides
     * @param cache where keys and values are read and written
     * @param row the first row
     * @param ids the new tokens of each row in turn
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
        int[] last = new int[count];
        int total = 0;
        for (int i = 0; i < count; i++) {
            last[i] = cache.length(row + i) - 1;
            total = Math.max(total, cache.length(row + i));
        }
        if (ids.length > count) {
            // Of several tokens the operator of attention reads this only to choose its kernel: 1 keeps it from the
            // tiled one, which took up to 1.6 times as long (ONNX Runtime 1.29, AVX-512).
            total = 1;
        }
        boolean likelihood = targets != null;
        long[] scored = likelihood ? targets : new long[0];
        long[] scoredRows = new long[scored.length];
        for (int i = 0; i < scoredRows.length; i++) {
            scoredRows[i] = i;
        }
        turn.lock();
        List<OnnxTensor> tensors = new ArrayList<>();
        try {
            if (closed || bound.released) {
                throw new IllegalStateException("the model is closed");
            }
            Map<String, OnnxTensor> inputs = new HashMap<>(bound.tensors);
            inputs.put("input_ids", longs(tensors, ids, count, ids.length / count));
            inputs.put("rows", longs(tensors, wanted, wanted.length));
            inputs.put("target_rows", longs(tensors, scoredRows, scored.length));
            inputs.put("targets", longs(tensors, scored, scored.length, 1));
            inputs.put(
                    "last_position",
                    kept(tensors, OnnxTensor.createTensor(environment, IntBuffer.wrap(last), new long[] {count})));
            inputs.put(
                    "total_length",
                    kept(
                            tensors,
                            OnnxTensor.createTensor(environment, IntBuffer.wrap(new int[] {total}), new long[0])));
            OnnxTensor result = kept(
                    tensors,
                    OnnxTensor.createTensor(
                            environment,
                            into,
                            likelihood ? new long[] {scored.length, 1} : new long[] {wanted.length, vocabulary}));
            Map<String, OnnxTensor> outputs = new HashMap<>();
            outputs.put(likelihood ? "target_logprobs" : "logits", result);
            OnnxTensor[] parts = cache.tensors(environment, row, count);
            for (int i = 0; i < parts.length; i++) {
                kept(tensors, parts[i]);
                inputs.put(pasts[i], parts[i]);
                outputs.put(presents[i], parts[i]);
            }
            session.run(inputs, Set.of(), outputs).close();
        } catch (OrtException e) {
            throw new ModelException("running " + ids.length + " tokens: " + OnnxRuntime.firstLine(e), e);
        } finally {
            tensors.forEach(OnnxTensor::close);
            turn.unlock();
        }
    }

    private static OnnxTensor kept(List<OnnxTensor> tensors, OnnxTensor tensor) {
        tensors.add(tensor);
        return tensor;
    }

    private OnnxTensor longs(List<OnnxTensor> tensors, long[] values, long... shape) throws OrtException {
        return kept(tensors, OnnxTensor.createTensor(environment, LongBuffer.wrap(values), shape));
    }

    @Override
    public void close() {
        turn.lock();
        try {
            if (!closed) {
                closed = true;
                OnnxRuntime.close(session);
            }
        } finally {
            turn.unlock();
        }
    }
}
