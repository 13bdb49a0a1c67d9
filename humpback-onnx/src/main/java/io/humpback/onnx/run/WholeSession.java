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
import java.util.stream.IntStream;

/** A session over a graph that computes whole generations in one run. */
abstract class WholeSession<P extends Prompts> implements AutoCloseable {

    private static final long[] NONE = {};

    private final SharedSession session;
    private final int vocabulary;
    private final boolean writes;
    /** Targets of a piece; 0 where the graph rates. */
    private final int piece;

    /**
     * @param kind of graph that is expected
     * @param input that no graph of another kind has
     */
    WholeSession(Path model, SharedSession session, String kind, String input) {
        this.session = session;
        if (!session.inputs().contains(input)) {
            throw new ModelException(model + ": no graph of " + kind + ": no input " + input);
        }
        writes = session.inputs().contains("noise");
        vocabulary = (int) session.outputShape("logits", 1)[1];
        piece = writes ? (int) session.inputShape("targets", 1)[1] : 0;
    }

    final int vocabulary() {
        return vocabulary;
    }

    /** {@return a computation with this session, for callers who wait together} */
    final <Q, A> Together<Q, A> together(int most, Function<List<Q>, List<A>> computation) {
        return new Together<>(session, most, computation);
    }

    /** Fills in the prompts. */
    abstract void read(NamedTensors inputs, P prompts) throws OrtException;

    /** Fills in what the graph knows of slots, in which tokens are written at the same time in a number of steps. */
    abstract void write(NamedTensors inputs, P prompts, long[] limits, int slots, long steps) throws OrtException;

    /** {@return the logits after each prompt} */
    final float[][] next(P prompts) {
        return run(
                prompts,
                inputs -> {
                    if (writes) {
                        writeNothing(inputs, prompts, NONE, NONE);
                    }
                },
                Set.of("logits"),
                result -> lines(NamedTensors.floats(result, "logits"), prompts.size()));
    }

    /** {@return the log-probabilities of targets after rows of the prompts' tokens} */
    final float[] logProbabilities(P prompts, long[] rows, long[] targets) {
        return run(
                prompts,
                inputs -> writeNothing(inputs, prompts, rows, targets),
                Set.of("target_logprobs"),
                result -> Arrays.copyOf(NamedTensors.floats(result, "target_logprobs"), targets.length));
    }

    /**
     * {@return the tokens written after each prompt, up to a limit for each or to the first of the ends, which is
     * included}
     *
     * @param noise [steps, prompts]
     * @param most prompts that are written for at the same time
     */
    final int[][] generate(P prompts, Sampling sampling, float[][] noise, long[] limits, Set<Integer> ends, int most) {
        int slots = Math.min(most, prompts.size());
        return run(
                prompts,
                inputs -> {
                    target(inputs, NONE, NONE);
                    inputs.sampling(sampling, vocabulary, noise, limits, ends);
                    write(inputs, prompts, limits, slots, steps(limits, slots));
                },
                Set.of("first_tokens", "first_best", "tokens", "best"),
                result -> written(result, limits, ends, slots));
    }

    /** Fills in what the graph writes. */
    @FunctionalInterface
    interface Filling {
        void fill(NamedTensors inputs) throws OrtException;
    }

    /** Takes what is wanted out of a run. */
    @FunctionalInterface
    interface Reader<T> {
        T read(OrtSession.Result result) throws OrtException;
    }

    /** {@return what is read of a run of some prompts} */
    final <T> T run(P prompts, Filling filling, Set<String> outputs, Reader<T> reader) {
        return session.compute("running " + prompts.tokens() + " tokens", (runtime, tensors) -> {
            NamedTensors inputs = new NamedTensors(tensors);
            read(inputs, prompts);
            filling.fill(inputs);
            try (OrtSession.Result result = runtime.run(inputs.byName(), outputs)) {
                return reader.read(result);
            }
        });
    }

    private void target(NamedTensors inputs, long[] rows, long[] ids) throws OrtException {
        int pieces = -Math.floorDiv(-ids.length, piece);
        inputs.longs("target_rows", Arrays.copyOf(rows, pieces * piece), pieces, piece);
        inputs.longs("targets", Arrays.copyOf(ids, pieces * piece), pieces, piece);
    }

    /** Wants log-probabilities of ids after rows, and nothing written but the next token of each prompt. */
    final void writeNothing(NamedTensors inputs, P prompts, long[] rows, long[] ids) throws OrtException {
        target(inputs, rows, ids);
        long[] limits = new long[prompts.size()];
        Arrays.fill(limits, 1);
        inputs.sampling(Sampling.greedy(), vocabulary, new float[1][limits.length], limits, Set.of());
        write(inputs, prompts, limits, 1, 0);
    }

    /** {@return iterations after which all prompts have ended: slots are full until the last prompt is taken} */
    private static long steps(long[] limits, int slots) {
        long longest = Arrays.stream(limits).max().orElseThrow() - 1;
        long before = Arrays.stream(limits).map(limit -> Math.max(1, limit - 1)).sum() / slots;
        return limits.length <= slots ? longest : before + Math.max(1, longest);
    }

    private static int[][] written(OrtSession.Result result, long[] limits, Set<Integer> ends, int slots)
            throws OrtException {
        long[] first = NamedTensors.longs(result, "first_tokens");
        float[] firstBest = NamedTensors.floats(result, "first_best");
        long[] later = NamedTensors.longs(result, "tokens");
        float[] best = NamedTensors.floats(result, "best");
        Written written = new Written(limits, ends, slots);
        for (int prompt = 0; prompt < limits.length; prompt++) {
            written.add(prompt, first[prompt], firstBest[prompt]);
        }
        for (int step = 0; step < later.length / slots; step++) {
            for (int slot = 0; slot < slots; slot++) {
                int at = step * slots + slot;
                written.add(written.prompts[slot], later[at], best[at]);
            }
            written.takeNext();
        }
        return written.ids;
    }

    /** What is written after each prompt, in order, by slots that take prompts as the graph says. */
    private static final class Written {
        private final Set<Integer> ends;
        /** Of each prompt the tokens that may follow; 0 when it has ended. */
        private final long[] left;
        /** Of each slot. */
        private final int[] prompts;

        private final int[][] ids;
        private int next;

        Written(long[] limits, Set<Integer> ends, int slots) {
            this.ends = ends;
            left = limits.clone();
            ids = new int[limits.length][0];
            prompts = IntStream.range(0, slots).toArray();
            next = slots;
        }

        void add(int prompt, long token, float largest) {
            if (left[prompt] == 0) {
                return;
            }
            NamedTensors.checkLargest(largest);
            int count = ids[prompt].length;
            ids[prompt] = Arrays.copyOf(ids[prompt], count + 1);
            ids[prompt][count] = (int) token;
            left[prompt] = ends.contains((int) token) ? 0 : left[prompt] - 1;
        }

        void takeNext() {
            for (int slot = 0; slot < prompts.length && next < left.length; slot++) {
                if (left[prompts[slot]] == 0) {
                    prompts[slot] = next++;
                }
            }
        }
    }

    private float[][] lines(float[] values, int rows) {
        float[][] lines = new float[rows][];
        for (int row = 0; row < rows; row++) {
            lines[row] = Arrays.copyOfRange(values, row * vocabulary, (row + 1) * vocabulary);
        }
        return lines;
    }

    /** Frees the session's memory, see {@link Decoder#release}. */
    final void release(GraphFile again) {
        session.release(again);
    }

    @Override
    public final void close() {
        session.close();
    }
}
