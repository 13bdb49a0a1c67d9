package io.humpback.onnx.run;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.humpback.model.ModelException;
import io.humpback.model.Sampling;
import io.humpback.onnx.run.Decoder.GraphFile;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** A session over a graph that computes whole generations in one run. */
final class LoopSession implements AutoCloseable {

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
                result -> lines(NamedTensors.floats(result, "logits"), rows));
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
                result -> Arrays.copyOf(NamedTensors.floats(result, "target_logprobs"), targets.length));
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
            try (OrtSession.Result result = runtime.run(inputs.tensors.byName(), outputs)) {
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
        long[] first = NamedTensors.longs(result, "first_tokens");
        long[] later = NamedTensors.longs(result, "tokens");
        float[] firstBest = NamedTensors.floats(result, "first_best");
        float[] best = NamedTensors.floats(result, "best");
        int[][] written = new int[rows][];
        for (int row = 0; row < rows; row++) {
            int[] ids = new int[(int) limits[row]];
            int count = 0;
            boolean ended = false;
            for (int step = 0; !ended && step <= later.length / rows; step++) {
                int at = (step - 1) * rows + row;
                NamedTensors.checkLargest(step == 0 ? firstBest[row] : best[at]);
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

    @FunctionalInterface
    private interface Reader<T> {
        T read(OrtSession.Result result) throws OrtException;
    }

    /** The inputs of one run. */
    private final class Inputs {
        private final NamedTensors tensors;
        private final int rows;

        Inputs(TensorScope tensors, Prompts prompts) throws OrtException {
            this.tensors = new NamedTensors(tensors);
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
            this.tensors.longs("prefix_ids", prefix, prefix.length);
            this.tensors.longs("prefix_length", new long[] {shared}, 1);
            this.tensors.longs("prompt_ids", own, rows, width);
            this.tensors.longs("prompt_lengths", lengths, rows);
        }

        void target(long[] places, long[] ids) throws OrtException {
            int pieces = -Math.floorDiv(-ids.length, piece);
            tensors.longs("target_rows", Arrays.copyOf(places, pieces * piece), pieces, piece);
            tensors.longs("targets", Arrays.copyOf(ids, pieces * piece), pieces, piece);
        }

        /** Wants log-probabilities, and of each sequence the next token alone. */
        void chooseOne(long[] places, long[] ids) throws OrtException {
            target(places, ids);
            long[] limits = new long[rows];
            Arrays.fill(limits, 1);
            draw(Sampling.greedy(), new float[1][rows], limits, Set.of());
        }

        void draw(Sampling sampling, float[][] noise, long[] limits, Set<Integer> ends) throws OrtException {
            tensors.sampling(sampling, vocabulary, noise, limits, ends);
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
