package io.humpback.onnx.run;

import io.humpback.model.Completion;
import io.humpback.model.ModelException;
import io.humpback.model.Sampling;
import io.humpback.onnx.run.LoopSession.Prompts;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Computes whole generations in one run each: prompts of nearly equal lengths together, what they share once. Prompts that
 * callers ask for at the same time, to read what follows, are computed together too. Made for a GPU, where a cache that
 * leaves the runtime between two steps would cross the bus. Safe for use from many threads.
 */
public final class LoopDecoder implements Decoder {

    /** The most that the graph's input of that name may say: tokens that a step of sampling sorts. */
    public static final int CANDIDATES = 1024;

    /** Prompts that are sorted by length together, in batches. */
    private static final int WINDOW = 8;

    private final LoopSession session;
    private final boolean sharing;
    private final int batch;
    private final Memory memory;
    private final Together<int[], Computed> prompts;
    private final Together<TokenContinuation, Computed> continuations;

    /**
     * What whole generations take of a GPU's memory beside the weights, and may take.
     *
     * @param bytes that there are for them
     * @param heads of queries in a layer
     * @param layers blocks
     * @param cacheWidth elements that a layer's keys have for a token; its values have as many
     * @param vocabulary tokens that the model knows
     * @param elementBytes of keys, values and products
     */
    public record Memory(long bytes, int heads, int layers, int cacheWidth, int vocabulary, int elementBytes) {

        /** Forms of the logits that sampling has at a time. */
        private static final int LOGIT_FORMS = 4;

        /** Of a score: as a product, in 32 bits, masked, as a share, and that as an element. */
        private int scoreBytes() {
            return 3 * Float.BYTES + 2 * elementBytes;
        }

        /** {@return the scores of a layer's attention, which CUDA's kernels number in 32 bits} */
        private double scores(long rows, long tokens) {
            return (double) rows * heads * tokens * tokens;
        }

        /** {@return the most tokens that a prompt may have} */
        public int mostTokens() {
            return (int) Math.sqrt((double) Integer.MAX_VALUE / heads);
        }

        /** {@return whether prompts of up to some tokens, each with as many written ones as there are steps, are computed at once} */
        boolean holds(long rows, long tokens, long steps) {
            double scores = scores(rows, tokens);
            // what is written is copied to grow
            double cache = 2.0 * layers * cacheWidth * elementBytes * rows * (tokens + 2.0 * steps);
            double logits = (double) LOGIT_FORMS * Float.BYTES * vocabulary * rows;
            return scores <= Integer.MAX_VALUE && scores * scoreBytes() + cache + logits <= bytes;
        }
    }

    private LoopDecoder(LoopSession session, boolean sharing, int batch, Memory memory) {
        this.session = session;
        this.sharing = sharing;
        this.batch = batch;
        this.memory = memory;
        prompts = session.together(preferredBatch(), this::computeNext);
        continuations = session.together(preferredBatch(), this::computeLogProbabilities);
    }

    /**
     * {@return a decoder of a model}
     *
     * @param model an ONNX file that has the inputs and outputs of the decoding graph
     * @param cuda number of the CUDA device, or -1 for the CPU
     * @param threads of the CPU that share an operator, or 0 for one a core
     * @param sharing whether a prefix that a batch's prompts share is computed once
     * @param batch prompts computed together, at most
     * @param memory fewer are computed together where they would not fit it
     */
    public static LoopDecoder open(Path model, int cuda, int threads, boolean sharing, int batch, Memory memory) {
        return new LoopDecoder(LoopSession.open(model, cuda, threads), sharing, batch, memory);
    }

    @Override
    public int vocabulary() {
        return session.vocabulary();
    }

    @Override
    public int preferredBatch() {
        return WINDOW * batch;
    }

    @Override
    public List<Computed> next(List<int[]> wanted) {
        return prompts.answer(wanted);
    }

    private List<Computed> computeNext(List<int[]> prompts) {
        Computed[] computed = new Computed[prompts.size()];
        for (List<Integer> group : groups(prompts)) {
            Prompts together = withSharedPrefix(group.stream().map(prompts::get).toList(), Integer.MAX_VALUE);
            float[][] logits = session.next(together);
            for (int i = 0; i < logits.length; i++) {
                computed[group.get(i)] = new Computed(logits[i], i == 0 ? 0 : together.shared());
            }
        }
        return Arrays.asList(computed);
    }

    @Override
    public List<Computed> logProbabilities(List<TokenContinuation> wanted) {
        return continuations.answer(wanted);
    }

    private List<Computed> computeLogProbabilities(List<TokenContinuation> continuations) {
        List<int[]> read = continuations.stream().map(TokenContinuation::read).toList();
        Computed[] computed = new Computed[read.size()];
        for (List<Integer> group : groups(read)) {
            List<TokenContinuation> rows =
                    group.stream().map(continuations::get).toList();
            int shortest =
                    rows.stream().mapToInt(row -> row.prompt().length).min().orElseThrow();
            Prompts prompts = withSharedPrefix(group.stream().map(read::get).toList(), shortest - 1);
            List<int[]> places = new ArrayList<>();
            for (int i = 0; i < rows.size(); i++) {
                int first = rows.get(i).prompt().length - 1;
                for (int k = 0; k < rows.get(i).completion().length; k++) {
                    places.add(new int[] {i, first + k});
                }
            }
            long[] targets = rows.stream()
                    .flatMapToInt(row -> Arrays.stream(row.completion()))
                    .asLongStream()
                    .toArray();
            float[] logs = session.logProbabilities(prompts, places.toArray(new int[0][]), targets);
            int at = 0;
            for (int i = 0; i < rows.size(); i++) {
                int end = at + rows.get(i).completion().length;
                computed[group.get(i)] = new Computed(Arrays.copyOfRange(logs, at, end), i == 0 ? 0 : prompts.shared());
                at = end;
            }
        }
        return Arrays.asList(computed);
    }

    @Override
    public Iterator<Completion> complete(DecodeRequest request) {
        return new LoopGeneration(this, request);
    }

    /** {@return the tokens written after some sequences, with noise [steps, sequences] and a limit for each} */
    int[][] generate(Prompts prompts, Sampling sampling, float[][] noise, long[] limits, Set<Integer> ends) {
        return session.generate(prompts, sampling, noise, limits, ends);
    }

    /** {@return numbers of prompts that are computed together, of nearly equal lengths} */
    private List<List<Integer>> groups(List<int[]> prompts) {
        List<Integer> left = new ArrayList<>(IntStream.range(0, prompts.size())
                .boxed()
                .sorted(Comparator.comparing((Integer i) -> -prompts.get(i).length))
                .toList());
        List<List<Integer>> groups = new ArrayList<>();
        while (!left.isEmpty()) {
            List<Integer> first =
                    left.subList(0, rowsThatFit(left.stream().map(prompts::get).toList(), batch, 0));
            groups.add(List.copyOf(first));
            first.clear();
        }
        return groups;
    }

    /**
     * {@return the number of sequences, the first ones, that are computed at once, at most a number above 0}
     *
     * @param steps tokens that each may write
     * @throws ModelException if the first one alone is too long
     */
    int rowsThatFit(List<int[]> sequences, int most, int steps) {
        int rows = 0;
        long longest = 0;
        while (rows < Math.min(most, sequences.size())) {
            longest = Math.max(longest, sequences.get(rows).length);
            if (rows > 0 && !memory.holds(rows + 1, longest, steps)) {
                break;
            }
            rows++;
        }
        int first = sequences.get(0).length;
        if (first > memory.mostTokens()) {
            throw new ModelException("a prompt of " + first + " tokens: a GPU's attention has " + memory.heads()
                    + " times the square of that in scores, expected at most " + memory.mostTokens() + " tokens");
        }
        return rows;
    }

    /** {@return sequences with the prefix that they share, at most a number of tokens of it} */
    Prompts withSharedPrefix(List<int[]> sequences, int most) {
        int[] first = sequences.get(0);
        int shared = sharing && sequences.size() > 1 ? most : 0;
        for (int[] ids : sequences) {
            int differs = Arrays.mismatch(first, ids);
            shared = Math.min(shared, Math.min(ids.length - 1, differs < 0 ? ids.length : differs));
        }
        return new Prompts(sequences, shared);
    }

    @Override
    public void release(GraphFile again) {
        session.release(again);
    }

    @Override
    public void close() {
        session.close();
    }
}
