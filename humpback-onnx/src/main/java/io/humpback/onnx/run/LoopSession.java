package io.humpback.onnx.run;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.humpback.model.ModelException;
import io.humpback.model.Sampling;
import io.humpback.onnx.run.Decoder.GraphFile;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** A session over a graph that computes whole generations in one run. */
final class LoopSession implements AutoCloseable {

    /** A divisor of logits that is no 0 as a float. */
    private static final double COLDEST = 1e-30;

    private final SharedSession session;
    private final int vocabulary;
    private final boolean writes;
    /** Targets of a piece; 0 where the graph rates. */
    private final int piece;

    private LoopSession(Path model, SharedSession session) {
        this.session = session;
        if (!session.inputs().contains("prefix_ids")) {
            throw new ModelException(model + ": no graph of whole generations: no input prefix_ids");
        }
        writes = session.inputs().contains("noise");
        vocabulary = (int) session.outputShape("logits", 1)[1];
        piece = writes ? (int) session.inputShape("targets", 1)[1] : 0;
    }

    static LoopSession open(Path model, int cuda, int threads) {
        return SharedSession.open(model, cuda, threads, session -> new LoopSession(model, session));
    }

    int vocabulary() {
        return vocabulary;
    }

    /** {@return a computation with this session, for callers who wait together} */
    <Q, A> Together<Q, A> together(int most, Function<List<Q>, List<A>> computation) {
        return new Together<>(session, most, computation);
    }

    /** Sequences of which the first {@code shared} ids are equal; each is longer than that. */
    record Prompts(List<int[]> ids, int shared) {

        /** {@return the length that sequences are padded to, without what they share} */
        int width() {
            return ids.stream().mapToInt(sequence -> sequence.length).max().orElseThrow() - shared;
        }
    }

    /** {@return the logits after each sequence} */
    float[][] next(Prompts prompts) {
        int rows = prompts.ids.size();
        return run(
                prompts,
                inputs -> {
                    if (writes) {
                        inputs.chooseOne(new long[0], new long[0]);
                    }
                },
                Set.of("logits"),
                result -> lines(floats(result, "logits"), rows));
    }

    /**
     * {@return the log-probabilities of targets after tokens, each given by its sequence and its place there, not
     * shared}
     */
    float[] logProbabilities(Prompts prompts, int[][] rows, long[] targets) {
        long[] places = Arrays.stream(rows)
                .mapToLong(row -> (long) row[0] * prompts.width() + row[1] - prompts.shared)
                .toArray();
        return run(
                prompts,
                inputs -> inputs.chooseOne(places, targets),
                Set.of("target_logprobs"),
                result -> Arrays.copyOf(floats(result, "target_logprobs"), targets.length));
    }

    /**
     * {@return the tokens written after each sequence, up to a limit for each or to the first of the ends, which is
     * included; noise is [steps, sequences]}
     */
    int[][] generate(Prompts prompts, Sampling sampling, float[][] noise, long[] limits, Set<Integer> ends) {
        return run(
                prompts,
                inputs -> {
                    inputs.target(new long[0], new long[0]);
                    inputs.draw(sampling, noise, limits, ends);
                },
                Set.of("first_tokens", "tokens", "first_best", "best"),
                result -> written(result, limits, ends));
    }

    private <T> T run(Prompts prompts, Filling filling, Set<String> outputs, Reader<T> reader) {
        int tokens = prompts.ids.size() * prompts.width();
        return session.compute("running " + tokens + " tokens", (runtime, tensors) -> {
            Inputs inputs = new Inputs(tensors, prompts);
            filling.fill(inputs);
            try (OrtSession.Result result = runtime.run(inputs.byName, outputs)) {
                return reader.read(result);
            }
        });
    }

    @FunctionalInterface
    private interface Filling {
        void fill(Inputs inputs) throws OrtException;
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

    /** The inputs of one run. */
    private final class Inputs {
        private final TensorScope tensors;
        private final Map<String, OnnxTensor> byName = new HashMap<>();
        private final int rows;

        Inputs(TensorScope tensors, Prompts prompts) throws OrtException {
            this.tensors = tensors;
            rows = prompts.ids.size();
            int shared = prompts.shared;
            int width = prompts.width();
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

        void target(long[] places, long[] ids) throws OrtException {
            int pieces = -Math.floorDiv(-ids.length, piece);
            put("target_rows", Arrays.copyOf(places, pieces * piece), pieces, piece);
            put("targets", Arrays.copyOf(ids, pieces * piece), pieces, piece);
        }

        /** Wants log-probabilities, and of each sequence the next token alone. */
        void chooseOne(long[] places, long[] ids) throws OrtException {
            target(places, ids);
            long[] limits = new long[rows];
            Arrays.fill(limits, 1);
            draw(Sampling.greedy(), new float[1][rows], limits, Set.of());
        }

        void draw(Sampling sampling, float[][] noise, long[] limits, Set<Integer> ends) throws OrtException {
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
            long topK = greedy ? 1 : all ? vocabulary : sampling.topK();
            put("top_k", new long[] {topK}, 1);
            put("candidates", new long[] {Math.min(topK, LoopDecoder.CANDIDATES)}, 1);
            put("temperature", new float[] {greedy ? 1 : (float) temperature});
            put("top_p", new float[] {(float) sampling.topP()});
            put("min_p", new float[] {(float) sampling.minP()});
        }

        private void put(String name, long[] values, long... shape) throws OrtException {
            byName.put(name, tensors.longs(values, shape));
        }

        private void put(String name, float[] values, long... shape) throws OrtException {
            byName.put(name, tensors.floats(FloatBuffer.wrap(values), shape));
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
