package io.humpback.onnx.run;

import io.humpback.model.ModelException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Computes whole generations in one run each: prompts of nearly equal lengths together, what they share once. Prompts that
 * callers ask for at the same time, to read what follows, are computed together too. Made for a GPU, where a cache that
 * leaves the runtime between two steps would cross the bus. Safe for use from many threads.
 */
public final class LoopDecoder extends WholeDecoder<PaddedPrompts> {

    /** The most that the graph's input of that name may say: tokens that a step of sampling sorts. */
    public static final int CANDIDATES = 1024;

    /** Prompts that are sorted by length together, in batches. */
    private static final int WINDOW = 8;

    private final boolean sharing;
    private final int batch;
    private final Memory memory;

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
        super(session, WINDOW * batch);
        this.sharing = sharing;
        this.batch = batch;
        this.memory = memory;
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
    List<Group<PaddedPrompts>> groups(List<int[]> sequences, int[] shared) {
        List<Integer> left = new ArrayList<>(IntStream.range(0, sequences.size())
                .boxed()
                .sorted(Comparator.comparing((Integer i) -> -sequences.get(i).length))
                .toList());
        List<Group<PaddedPrompts>> groups = new ArrayList<>();
        while (!left.isEmpty()) {
            List<Integer> first = left.subList(
                    0, rowsThatFit(left.stream().map(sequences::get).toList(), batch, 0));
            groups.add(group(sequences, List.copyOf(first), shared));
            first.clear();
        }
        return groups;
    }

    /** {@inheritDoc} The others are those whose lengths are nearest to its own. */
    @Override
    Group<PaddedPrompts> group(List<int[]> sequences, int[] growth, int most) {
        int length = sequences.get(0).length;
        List<Integer> nearest = IntStream.range(0, sequences.size())
                .boxed()
                .sorted(Comparator.comparing(i -> Math.abs(sequences.get(i).length - length)))
                .toList();
        int steps = Arrays.stream(growth).max().orElseThrow();
        int rows = rowsThatFit(nearest.stream().map(sequences::get).toList(), most, steps);
        int[] shared = sequences.stream().mapToInt(ids -> ids.length - 1).toArray();
        return group(sequences, nearest.subList(0, rows), shared);
    }

    /** With the prefix that the sequences at some places share. */
    private Group<PaddedPrompts> group(List<int[]> sequences, List<Integer> places, int[] shared) {
        List<int[]> rows = places.stream().map(sequences::get).toList();
        int prefix = sharing && rows.size() > 1 ? Integer.MAX_VALUE : 0;
        for (int place : places) {
            int differs = Arrays.mismatch(rows.get(0), sequences.get(place));
            prefix = Math.min(prefix, Math.min(shared[place], differs < 0 ? Integer.MAX_VALUE : differs));
        }
        return new Group<>(new PaddedPrompts(rows, prefix), places);
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
}
