package io.humpback.onnx.run;

import io.humpback.model.ModelException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Computes whole generations in one run each, over a cache in blocks: prompts of any lengths together, and what some of them
 * begin with once. Prompts that callers ask for at the same time are computed together too. Made for a GPU. Safe for use from
 * many threads.
 */
public final class PagedDecoder extends WholeDecoder<PackedPrompts> {

    /** Prompts of a run for each slot. */
    private static final int PROMPTS = 8;

    private final PagedSession session;
    private final boolean sharing;
    private final Memory memory;
    private final Together<TokenChoice, Chosen> choices;

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
        super(session, PROMPTS * slots);
        this.session = session;
        this.sharing = sharing;
        this.memory = memory;
        choices = session.together(preferredBatch(), this::computeChoices);
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

    /** {@inheritDoc} No more than those tokens' numbers leaves the device. */
    @Override
    public List<Chosen> choose(List<TokenChoice> wanted) {
        return choices.answer(wanted);
    }

    private List<Chosen> computeChoices(List<TokenChoice> wanted) {
        return inGroups(wanted, TokenChoice::prompt, choice -> choice.prompt().length - 1, (read, rows) -> {
            double[][] logs =
                    session.choose(read, rows.stream().map(TokenChoice::tokens).toArray(int[][]::new));
            return IntStream.range(0, logs.length)
                    .mapToObj(i -> new Chosen(logs[i], read.shared(i)))
                    .toList();
        });
    }

    @Override
    List<Group<PackedPrompts>> groups(List<int[]> sequences, int[] shared) {
        List<Group<PackedPrompts>> groups = new ArrayList<>();
        int at = 0;
        while (at < sequences.size()) {
            List<int[]> rest = sequences.subList(at, sequences.size());
            groups.add(group(at, packed(rest, new int[rest.size()])));
            at += groups.get(groups.size() - 1).places().size();
        }
        return groups;
    }

    /** {@inheritDoc} The others are those after it, as many as fit. */
    @Override
    Group<PackedPrompts> group(List<int[]> sequences, int[] growth, int most) {
        return group(0, packed(sequences, growth));
    }

    private static Group<PackedPrompts> group(int at, PackedPrompts prompts) {
        return new Group<>(
                prompts, IntStream.range(at, at + prompts.size()).boxed().toList());
    }

    private PackedPrompts packed(List<int[]> sequences, int[] growth) {
        PackedPrompts packed = new PackedPrompts(memory.block(), sharing);
        for (int[] ids : sequences) {
            int grown = growth[packed.size()];
            long blocks = packed.blocks() + PackedPrompts.blocks((long) ids.length + grown, memory.block());
            if (packed.size() == 0 && ids.length > memory.mostTokens()) {
                throw new ModelException("a prompt of " + ids.length + " tokens, expected at most "
                        + memory.mostTokens() + ", which a GPU's kernels can number");
            }
            if (packed.size() > 0 && !memory.holds(packed.size() + 1, (long) packed.tokens() + ids.length, blocks)) {
                break;
            }
            packed.add(ids, grown);
        }
        return packed;
    }
}
