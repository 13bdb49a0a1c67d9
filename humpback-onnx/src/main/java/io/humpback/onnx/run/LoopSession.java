package io.humpback.onnx.run;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.humpback.model.ModelException;
import io.humpback.model.Sampling;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/** One session of ONNX Runtime over a graph of whole generations; calls from several threads take turns, in their order. */
final class LoopSession implements AutoCloseable {

    /** A divisor of logits that is no 0 as a float. */
    private static final double COLDEST = 1e-30;

    private final OrtEnvironment environment;
    private final OrtSession session;
    private final int vocabulary;
    private final ReentrantLock turn = new ReentrantLock(true);
    private boolean closed;

    private LoopSession(Path model, OrtEnvironment environment, OrtSession session) throws OrtException {
        this.environment = environment;
        this.session = session;
        if (!session.getInputNames().contains("prefix_ids")) {
            throw new ModelException(model + ": no graph of whole generations: no input prefix_ids");
        }
        vocabulary = (int) StepSession.shape(model, session.getOutputInfo(), "logits", 1)[1];
    }

    static LoopSession open(Path model, int cuda, int threads) {
        return StepSession.open(
                model, cuda, threads, (environment, session) -> new LoopSession(model, environment, session));
    }

    int vocabulary() {
        return vocabulary;
    }

    /** Sequences of which the first {@code shared} ids are equal; each is longer than that. */
    record Prompts(List<int[]> ids, int shared) {}

    /** {@return the logits after each sequence} */
    float[][] next(Prompts prompts) {
        int rows = prompts.ids.size();
        try (Inputs inputs = new Inputs(prompts)) {
            inputs.target(new long[1], new long[1]);
            inputs.draw(Sampling.greedy(), new float[1][rows], filled(rows, 1), Set.of());
            return inputs.run(Set.of("logits"), result -> lines(floats(result, "logits"), rows));
        }
    }

    /**
     * {@return log-probabilities}
     *
     * @param rows of the tokens that follow: sequence, and place in it, not shared
     * @param targets the ids wanted there
     */
    float[] logProbabilities(Prompts prompts, int[][] rows, long[] targets) {
        try (Inputs inputs = new Inputs(prompts)) {
            long[] places = Arrays.stream(rows)
                    .mapToLong(row -> (long) row[0] * inputs.width + row[1] - prompts.shared)
                    .toArray();
            inputs.target(places, targets);
            int count = prompts.ids.size();
            inputs.draw(Sampling.greedy(), new float[1][count], filled(count, 1), Set.of());
            return inputs.run(Set.of("target_logprobs"), result -> floats(result, "target_logprobs"));
        }
    }

    /**
     * {@return the tokens written after each sequence, up to the one that ended it}
     *
     * @param noise [steps, sequences]
     * @param limits tokens each may have
     * @param ends ids that end a sequence
     */
    int[][] generate(Prompts prompts, Sampling sampling, float[][] noise, long[] limits, Set<Integer> ends) {
        try (Inputs inputs = new Inputs(prompts)) {
            inputs.target(new long[1], new long[1]);
            inputs.draw(sampling, noise, limits, ends);
            return inputs.run(
                    Set.of("first_tokens", "tokens", "first_best", "best"), result -> written(result, limits, ends));
        }
    }

    private static int[][] written(OrtSession.Result result, long[] limits, Set<Integer> ends) throws OrtException {
        int rows = limits.length;
        long[] first = longs(result, "first_tokens");
        long[] later = longs(result, "tokens");
        float[] firstBest = floats(result, "first_best");
        float[] best = floats(result, "best");
        int[][] written = new int[rows][];
        for (int row = 0; row < rows; row++) {
            int[] ids = new int[(int) limits[row]];
            int count = 0;
            boolean ended = false;
            for (int step = 0; !ended && step <= later.length / rows; step++) {
                int at = (step - 1) * rows + row;
                float largest = step == 0 ? firstBest[row] : best[at];
                if (!Float.isFinite(largest)) {
                    throw new ModelException("logits: the largest is " + largest + ", expected a finite number");
                }
                ids[count++] = (int) (step == 0 ? first[row] : later[at]);
                ended = count == limits[row] || ends.contains(ids[count - 1]);
            }
            written[row] = Arrays.copyOf(ids, count);
        }
        return written;
    }

    private static long[] filled(int count, long value) {
        long[] all = new long[count];
        Arrays.fill(all, value);
        return all;
    }

    private float[][] lines(float[] values, int rows) {
        float[][] lines = new float[rows][];
        for (int row = 0; row < rows; row++) {
            lines[row] = Arrays.copyOfRange(values, row * vocabulary, (row + 1) * vocabulary);
        }
        return lines;
    }

    private static float[] floats(OrtSession.Result result, String name) throws OrtException {
        FloatBuffer buffer = tensor(result, name).getFloatBuffer();
        float[] values = new float[buffer.remaining()];
        buffer.get(values);
        return values;
    }

    private static long[] longs(OrtSession.Result result, String name) throws OrtException {
        LongBuffer buffer = tensor(result, name).getLongBuffer();
        long[] values = new long[buffer.remaining()];
        buffer.get(values);
        return values;
    }

    private static OnnxTensor tensor(OrtSession.Result result, String name) {
        return (OnnxTensor) result.get(name).orElseThrow();
    }

    @FunctionalInterface
    private interface Reader<T> {
        T read(OrtSession.Result result) throws OrtException;
    }

    /** The tensors of one run. */
    private final class Inputs implements AutoCloseable {
        private final Map<String, OnnxTensor> tensors = new HashMap<>();
        private final int rows;
        /** To which sequences are filled up, without what they share. */
        final int width;

        Inputs(Prompts prompts) {
            rows = prompts.ids.size();
            int shared = prompts.shared;
            width = prompts.ids.stream().mapToInt(ids -> ids.length).max().orElseThrow() - shared;
            long[] prefix = new long[Math.max(1, shared)];
            long[] own = new long[rows * width];
            long[] lengths = new long[rows];
            for (int row = 0; row < rows; row++) {
                int[] ids = prompts.ids.get(row);
                lengths[row] = (long) ids.length - shared;
                for (int i = 0; i < ids.length; i++) {
                    if (i >= shared) {
                        own[row * width + i - shared] = ids[i];
                    } else {
                        prefix[i] = ids[i];
                    }
                }
            }
            put("prefix_ids", prefix, prefix.length);
            put("prefix_length", new long[] {shared}, 1);
            put("prompt_ids", own, rows, width);
            put("prompt_lengths", lengths, rows);
        }

        void target(long[] places, long[] ids) {
            put("target_rows", places, places.length);
            put("targets", ids, ids.length, 1);
        }

        void draw(Sampling sampling, float[][] noise, long[] limits, Set<Integer> ends) {
            boolean greedy = sampling.isGreedy();
            boolean all = sampling.topK() == 0 || sampling.topK() > vocabulary;
            float[] flat = new float[noise.length * rows];
            for (int step = 0; step < noise.length; step++) {
                System.arraycopy(noise[step], 0, flat, step * rows, rows);
            }
            long[] endIds = ends.isEmpty()
                    ? new long[] {-1}
                    : ends.stream().mapToLong(Integer::longValue).toArray();
            double temperature = Math.min(Math.max(sampling.temperature(), COLDEST), Float.MAX_VALUE);
            put("noise", flat, noise.length, rows);
            put("limits", limits, rows);
            put("ends", endIds, endIds.length);
            put("top_k", new long[] {greedy ? 1 : all ? vocabulary : sampling.topK()}, 1);
            put("temperature", new float[] {greedy ? 1 : (float) temperature});
            put("top_p", new float[] {(float) sampling.topP()});
            put("min_p", new float[] {(float) sampling.minP()});
        }

        private void put(String name, long[] values, long... shape) {
            put(name, () -> OnnxTensor.createTensor(environment, LongBuffer.wrap(values), shape));
        }

        private void put(String name, float[] values, long... shape) {
            put(name, () -> OnnxTensor.createTensor(environment, FloatBuffer.wrap(values), shape));
        }

        private void put(String name, Maker maker) {
            try {
                tensors.put(name, maker.make());
            } catch (OrtException e) {
                close();
                throw new ModelException(name + ": " + OnnxRuntime.firstLine(e), e);
            }
        }

        <T> T run(Set<String> outputs, Reader<T> reader) {
            turn.lock();
            try {
                if (closed) {
                    throw new IllegalStateException("the model is closed");
                }
                try (OrtSession.Result result = session.run(tensors, outputs)) {
                    return reader.read(result);
                }
            } catch (OrtException e) {
                throw new ModelException("running " + rows * width + " tokens: " + OnnxRuntime.firstLine(e), e);
            } finally {
                turn.unlock();
            }
        }

        @Override
        public void close() {
            tensors.values().forEach(OnnxTensor::close);
        }
    }

    @FunctionalInterface
    private interface Maker {
        OnnxTensor make() throws OrtException;
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
