package io.humpback.onnx.run;

import io.humpback.model.Completion;
import io.humpback.model.ModelException;
import io.humpback.model.Sampling;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.IntUnaryOperator;

/**
 * Computes whole generations in one run each, over a cache in blocks: prompts of any lengths together, and what some of them
 * begin with once. Prompts that callers ask for at the same time are computed together too. Made for a GPU. Safe for use from
 * many threads.
 */
public final class PagedDecoder implements Decoder {

    /** Prompts of a run for each slot. */
    private static final int PROMPTS = 8;

    private final PagedSession session;
    private final boolean sharing;
    private final int slots;
    private final Memory memory;
    private final Together<int[], Computed> prompts;
    private final Together<TokenChoice, Chosen> choices;
    private final Together<TokenContinuation, Computed> continuations;

    /**
     * What whole generations take of a GPU's memory beside the weights, and may take.
     *
     * @param bytes that there are for them
     * @param layers blocks of the model
     * @param heads of keys in a layer; as many of values
     * @param headSize elements of a head
     * @param block tokens of a block of the cache
     * @param width the most elements that a value between two products has for a token
     * @param vocabulary tokens that the model knows
     * @param elementBytes of keys, values and products
     */
    public record Memory(
            long bytes, int layers, int heads, int headSize, int block, int width, int vocabulary, int elementBytes) {

        /** Values of a token that are there at the same time. */
        private static final int VALUES = 6;

        /** Forms of the logits that sampling has at a time. */
        private static final int LOGIT_FORMS = 4;

        /** {@return the most tokens that a pass may have: CUDA's kernels number a value's elements in 32 bits} */
        int mostTokens() {
            return Integer.MAX_VALUE / width;
        }

        /** {@return whether a number of prompts is computed at once, of which some tokens are computed and some blocks kept} */
        boolean holds(long prompts, long tokens, long blocks) {
            double cache = 2.0 * layers * heads * headSize * elementBytes * blocks * block;
            double values = (double) VALUES * width * elementBytes * tokens;
            double logits = (double) LOGIT_FORMS * Float.BYTES * vocabulary * prompts;
            return tokens <= mostTokens() && cache + values + logits <= bytes;
        }
    }

    private PagedDecoder(PagedSession session, boolean sharing, int slots, Memory memory) {
        this.session = session;
        this.sharing = sharing;
        this.slots = slots;
        this.memory = memory;
        prompts = session.together(preferredBatch(), this::computeNext);
        choices = session.together(preferredBatch(), this::computeChoices);
        continuations = session.together(preferredBatch(), this::computeLogProbabilities);
    }

    /**
     * {@return a decoder of a model}
     *
     * @param model an ONNX file that has the inputs and outputs of the graph over blocks
     * @param cuda number of the CUDA device, or -1 for the CPU
     * @param threads of the CPU that share an operator, or 0 for one a core
     * @param sharing whether what prompts begin with is computed once
     * @param slots completions written at the same time, at most
     * @param memory fewer prompts are computed together where they would not fit it
     */
    public static PagedDecoder open(Path model, int cuda, int threads, boolean sharing, int slots, Memory memory) {
        return new PagedDecoder(
                PagedSession.open(model, cuda, threads, memory.heads(), memory.headSize()), sharing, slots, memory);
    }

    /** {@return the tokens of a block with which CUDA's attention reads heads of a size where they lie, the fewest} */
    public static int block(int headSize) {
        return headSize <= 64 ? 256 : headSize <= 128 ? 128 : 64;
    }

    @Override
    public int vocabulary() {
        return session.vocabulary();
    }

    @Override
    public int preferredBatch() {
        return PROMPTS * slots;
    }

    @Override
    public List<Computed> next(List<int[]> wanted) {
        return prompts.answer(wanted);
    }

    private List<Computed> computeNext(List<int[]> prompts) {
        List<Computed> computed = new ArrayList<>();
        while (computed.size() < prompts.size()) {
            PackedPrompts packed = packed(prompts.subList(computed.size(), prompts.size()), ids -> ids, i -> 0);
            float[][] logits = session.next(packed);
            for (int i = 0; i < logits.length; i++) {
                computed.add(new Computed(logits[i], packed.shared(i)));
            }
        }
        return computed;
    }

    /** {@inheritDoc} No more than those tokens' numbers leaves the device. */
    @Override
    public List<Chosen> choose(List<TokenChoice> wanted) {
        return choices.answer(wanted);
    }

    private List<Chosen> computeChoices(List<TokenChoice> wanted) {
        List<Chosen> chosen = new ArrayList<>();
        while (chosen.size() < wanted.size()) {
            List<TokenChoice> rest = wanted.subList(chosen.size(), wanted.size());
            PackedPrompts packed = packed(rest, TokenChoice::prompt, i -> 0);
            double[][] logs = session.choose(
                    packed,
                    rest.subList(0, packed.size()).stream()
                            .map(TokenChoice::tokens)
                            .toArray(int[][]::new));
            for (int i = 0; i < logs.length; i++) {
                chosen.add(new Chosen(logs[i], packed.shared(i)));
            }
        }
        return chosen;
    }

    @Override
    public List<Computed> logProbabilities(List<TokenContinuation> wanted) {
        return continuations.answer(wanted);
    }

    private List<Computed> computeLogProbabilities(List<TokenContinuation> continuations) {
        List<Computed> computed = new ArrayList<>();
        while (computed.size() < continuations.size()) {
            List<TokenContinuation> rest = continuations.subList(computed.size(), continuations.size());
            PackedPrompts packed = packed(rest, TokenContinuation::read, i -> 0);
            computed.addAll(logProbabilities(packed, rest.subList(0, packed.size())));
        }
        return computed;
    }

    private List<Computed> logProbabilities(PackedPrompts packed, List<TokenContinuation> continuations) {
        List<Long> rows = new ArrayList<>();
        for (int i = 0; i < packed.size(); i++) {
            TokenContinuation continuation = continuations.get(i);
            for (int k = 0; k < continuation.completion().length; k++) {
                rows.add((long) packed.row(i, continuation.prompt().length - 1 + k));
            }
        }
        long[] targets = continuations.stream()
                .flatMapToInt(row -> Arrays.stream(row.completion()))
                .asLongStream()
                .toArray();
        float[] logs = session.logProbabilities(
                packed, rows.stream().mapToLong(Long::longValue).toArray(), targets);
        List<Computed> computed = new ArrayList<>();
        int at = 0;
        for (int i = 0; i < packed.size(); i++) {
            int end = at + continuations.get(i).completion().length;
            computed.add(new Computed(Arrays.copyOfRange(logs, at, end), packed.shared(i)));
            at = end;
        }
        return computed;
    }

    @Override
    public Iterator<Completion> complete(DecodeRequest request) {
        return new PagedGeneration(this, request);
    }

    /** {@return the tokens written after prompts, with noise [steps, prompts] and a limit for each} */
    int[][] generate(
            PackedPrompts prompts, Sampling sampling, float[][] noise, long[] limits, Set<Integer> ends, int slots) {
        return session.generate(prompts, sampling, noise, limits, ends, slots);
    }

    /**
     * {@return the first ones of some sequences, as many as are computed at once}
     *
     * @param ids of a sequence
     * @param growth tokens that the one at a place may write
     * @throws ModelException if the first one alone is too long
     */
    <S> PackedPrompts packed(List<S> sequences, ToIds<S> ids, IntUnaryOperator growth) {
        PackedPrompts packed = new PackedPrompts(memory.block(), sharing);
        for (S sequence : sequences) {
            int[] next = ids.of(sequence);
            int grown = growth.applyAsInt(packed.size());
            long blocks = packed.blocks() + PackedPrompts.blocks((long) next.length + grown, memory.block());
            if (packed.size() == 0 && next.length > memory.mostTokens()) {
                throw new ModelException("a prompt of " + next.length + " tokens, expected at most "
                        + memory.mostTokens() + ", which a GPU's kernels can number");
            }
            if (packed.size() > 0 && !memory.holds(packed.size() + 1, (long) packed.tokens() + next.length, blocks)) {
                break;
            }
            packed.add(next, grown);
        }
        return packed;
    }

    /** Gives the ids of a sequence. */
    @FunctionalInterface
    interface ToIds<S> {
        int[] of(S sequence);
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
