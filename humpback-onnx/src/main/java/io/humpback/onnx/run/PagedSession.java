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

/** A session over a graph that computes whole generations in one run, over caches in blocks. */
final class PagedSession implements AutoCloseable {

    private final SharedSession session;
    private final int heads;
    private final int headSize;
    private final int vocabulary;
    private final boolean writes;
    /** Targets of a piece; 0 where the graph rates. */
    private final int piece;

    private PagedSession(Path model, SharedSession session, int heads, int headSize) {
        this.session = session;
        this.heads = heads;
        this.headSize = headSize;
        if (!session.inputs().contains("table")) {
            throw new ModelException(model + ": no graph of generations over blocks: no input table");
        }
        writes = session.inputs().contains("noise");
        vocabulary = (int) session.outputShape("logits", 1)[1];
        piece = writes ? (int) session.inputShape("targets", 1)[1] : 0;
    }

    /** {@return a session of a model with a number of heads of keys, of some elements each} */
    static PagedSession open(Path model, int cuda, int threads, int heads, int headSize) {
        return SharedSession.open(model, cuda, threads, session -> new PagedSession(model, session, heads, headSize));
    }

    int vocabulary() {
        return vocabulary;
    }

    /** {@return a computation with this session, for callers who wait together} */
    <Q, A> Together<Q, A> together(int most, Function<List<Q>, List<A>> computation) {
        return new Together<>(session, most, computation);
    }

    /** {@return the logits after each prompt} */
    float[][] next(PackedPrompts prompts) {
        return run(
                prompts,
                inputs -> {
                    if (writes) {
                        wantTargets(inputs, new long[0], new long[0]);
                        writeNothing(inputs, prompts);
                    }
                },
                Set.of("logits"),
                result -> lines(NamedTensors.floats(result, "logits"), prompts.size()));
    }

    /** {@return the log-probabilities of some tokens after each prompt} */
    double[][] choose(PackedPrompts prompts, int[][] tokens) {
        int width = Arrays.stream(tokens).mapToInt(line -> line.length).max().orElseThrow();
        long[] choices = new long[tokens.length * width];
        for (int i = 0; i < tokens.length; i++) {
            for (int k = 0; k < tokens[i].length; k++) {
                choices[i * width + k] = tokens[i][k];
            }
        }
        return run(
                prompts,
                inputs -> {
                    wantTargets(inputs, new long[0], new long[0]);
                    writeNothing(inputs, prompts);
                    inputs.longs("choices", choices, tokens.length, width);
                },
                Set.of("choice_logprobs"),
                result -> {
                    float[] logs = NamedTensors.floats(result, "choice_logprobs");
                    double[][] lines = new double[tokens.length][];
                    for (int i = 0; i < lines.length; i++) {
                        int at = i * width;
                        lines[i] = IntStream.range(at, at + tokens[i].length)
                                .mapToDouble(k -> logs[k])
                                .toArray();
                    }
                    return lines;
                });
    }

    /** {@return the log-probabilities of targets after rows of the prompts' tokens} */
    float[] logProbabilities(PackedPrompts prompts, long[] rows, long[] targets) {
        return run(
                prompts,
                inputs -> {
                    wantTargets(inputs, rows, targets);
                    writeNothing(inputs, prompts);
                },
                Set.of("target_logprobs"),
                result -> Arrays.copyOf(NamedTensors.floats(result, "target_logprobs"), targets.length));
    }

    /**
     * {@return the tokens written after each prompt, up to a limit for each or to the first of the ends, which is
     * included}
     *
     * @param noise [steps, prompts]
     * @param slots in which tokens are written at the same time
     */
    int[][] generate(
            PackedPrompts prompts, Sampling sampling, float[][] noise, long[] limits, Set<Integer> ends, int slots) {
        return run(
                prompts,
                inputs -> {
                    wantTargets(inputs, new long[0], new long[0]);
                    inputs.sampling(sampling, vocabulary, noise, limits, ends);
                    write(inputs, prompts, limits, Math.min(slots, prompts.size()), steps(limits, slots));
                },
                Set.of("first_tokens", "first_best", "tokens", "best"),
                result -> written(result, limits, ends, Math.min(slots, prompts.size())));
    }

    @FunctionalInterface
    private interface Filling {
        void fill(NamedTensors inputs) throws OrtException;
    }

    @FunctionalInterface
    private interface Reader<T> {
        T read(OrtSession.Result result) throws OrtException;
    }

    private <T> T run(PackedPrompts prompts, Filling filling, Set<String> outputs, Reader<T> reader) {
        return session.compute("running " + prompts.tokens() + " tokens", (runtime, tensors) -> {
            NamedTensors inputs = new NamedTensors(tensors);
            read(inputs, prompts);
            filling.fill(inputs);
            try (OrtSession.Result result = runtime.run(inputs.byName(), outputs)) {
                return reader.read(result);
            }
        });
    }

    private void read(NamedTensors inputs, PackedPrompts prompts) throws OrtException {
        int count = prompts.size();
        inputs.longs("cache", new long[] {prompts.blocks(), prompts.blockSize(), heads, headSize}, 4);
        inputs.longs("ids", prompts.ids(), prompts.tokens());
        inputs.ints("starts", prompts.starts(), count + 1);
        inputs.ints("past", prompts.past(), count);
        inputs.ints("table", prompts.table(), count, prompts.mostBlocks());
        inputs.ints("bounds", new int[] {prompts.mostTokens(), longest(prompts.lengths(), new long[count])}, 2);
        inputs.longs("last_rows", prompts.lastRows(), count);
    }

    private static int longest(long[] lengths, long[] grown) {
        return (int) IntStream.range(0, lengths.length)
                .mapToLong(i -> lengths[i] + grown[i])
                .max()
                .orElseThrow();
    }

    private void wantTargets(NamedTensors inputs, long[] rows, long[] ids) throws OrtException {
        int pieces = -Math.floorDiv(-ids.length, piece);
        inputs.longs("target_rows", Arrays.copyOf(rows, pieces * piece), pieces, piece);
        inputs.longs("targets", Arrays.copyOf(ids, pieces * piece), pieces, piece);
    }

    private void writeNothing(NamedTensors inputs, PackedPrompts prompts) throws OrtException {
        int count = prompts.size();
        long[] limits = new long[count];
        Arrays.fill(limits, 1);
        inputs.sampling(Sampling.greedy(), vocabulary, new float[1][count], limits, Set.of());
        write(inputs, prompts, limits, 1, 0);
    }

    private static void write(NamedTensors inputs, PackedPrompts prompts, long[] limits, int slots, long steps)
            throws OrtException {
        inputs.longs("choices", new long[prompts.size()], prompts.size(), 1);
        inputs.longs("lengths", prompts.lengths(), prompts.size());
        inputs.ints("slot_starts", IntStream.rangeClosed(0, slots).toArray(), slots + 1);
        inputs.ints("slot_bounds", new int[] {1, longest(prompts.lengths(), limits)}, 2);
        inputs.longs("steps", new long[] {steps}, 1);
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
    void release(GraphFile again) {
        session.release(again);
    }

    @Override
    public void close() {
        session.close();
    }
}
