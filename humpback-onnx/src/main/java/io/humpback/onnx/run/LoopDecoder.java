package io.humpback.onnx.run;

import io.humpback.model.Completion;
import io.humpback.model.Sampling;
import io.humpback.onnx.run.LoopSession.Prompts;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Computes whole generations in one run each: prompts of nearly equal lengths together, what they share once. Made for a
 * GPU, where a cache that leaves the runtime between two steps would cross the bus. Safe for use from many threads.
 */
public final class LoopDecoder implements Decoder {

    /** Prompts that are sorted by length together, in batches. */
    private static final int WINDOW = 8;

    /** Scores of a head and layer, at most, where there is more than one prompt. */
    private static final long SCORES = 1L << 24;

    private final LoopSession session;
    private final boolean sharing;
    private final int batch;

    private LoopDecoder(LoopSession session, boolean sharing, int batch) {
        this.session = session;
        this.sharing = sharing;
        this.batch = batch;
    }

    /**
     * {@return an engine over a model}
     *
     * @param model an ONNX file that has the inputs and outputs of the decoding graph
     * @param cuda number of the CUDA device, or -1 for the CPU
     * @param threads of the CPU that share an operator, or 0 for one a core
     * @param sharing whether a prefix that a batch's prompts share is computed once
     * @param batch prompts computed together, at most
     */
    public static LoopDecoder open(Path model, int cuda, int threads, boolean sharing, int batch) {
        return new LoopDecoder(LoopSession.open(model, cuda, threads), sharing, batch);
    }

    @Override
    public int vocabulary() {
        return session.vocabulary();
    }

    @Override
    public int together() {
        return WINDOW * batch;
    }

    @Override
    public List<Computed> next(List<int[]> prompts) {
        Computed[] computed = new Computed[prompts.size()];
        for (List<Integer> group : groups(prompts)) {
            Prompts together = together(group.stream().map(prompts::get).toList(), Integer.MAX_VALUE);
            float[][] logits = session.next(together);
            for (int i = 0; i < logits.length; i++) {
                computed[group.get(i)] = new Computed(logits[i], i == 0 ? 0 : together.shared());
            }
        }
        return Arrays.asList(computed);
    }

    @Override
    public List<Computed> logProbabilities(List<int[]> prompts, List<int[]> completions) {
        List<int[]> whole = IntStream.range(0, prompts.size())
                .mapToObj(i -> joined(prompts.get(i), completions.get(i)))
                .toList();
        Computed[] computed = new Computed[prompts.size()];
        for (List<Integer> group : groups(whole)) {
            int shortest =
                    group.stream().mapToInt(i -> prompts.get(i).length).min().orElseThrow();
            Prompts together = together(group.stream().map(whole::get).toList(), shortest - 1);
            List<int[]> rows = new ArrayList<>();
            List<Long> targets = new ArrayList<>();
            for (int i = 0; i < group.size(); i++) {
                int first = prompts.get(group.get(i)).length - 1;
                for (int id : completions.get(group.get(i))) {
                    rows.add(new int[] {i, first++});
                    targets.add((long) id);
                }
            }
            float[] logs = session.logProbabilities(
                    together,
                    rows.toArray(new int[0][]),
                    targets.stream().mapToLong(Long::longValue).toArray());
            int at = 0;
            for (int i = 0; i < group.size(); i++) {
                int end = at + completions.get(group.get(i)).length;
                computed[group.get(i)] =
                        new Computed(Arrays.copyOfRange(logs, at, end), i == 0 ? 0 : together.shared());
                at = end;
            }
        }
        return Arrays.asList(computed);
    }

    /** A prompt and its completion but for the last token, whose own successor nobody asks for. */
    private static int[] joined(int[] prompt, int[] completion) {
        int[] both = Arrays.copyOf(prompt, prompt.length + completion.length - 1);
        System.arraycopy(completion, 0, both, prompt.length, completion.length - 1);
        return both;
    }

    @Override
    public Iterator<Completion> complete(
            Iterator<int[]> prompts,
            Function<int[], String> decode,
            Sampling sampling,
            Set<Integer> ends,
            int contextLength,
            int rows,
            StepGeneration.Meter meter) {
        return new LoopGeneration(this, prompts, decode, sampling, ends, contextLength, rows, meter);
    }

    /**
     * {@return the tokens written after some sequences}
     *
     * @param noise [steps, sequences]
     * @param limits of each
     */
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
                    left.subList(0, rowsThatFit(left.stream().map(prompts::get).toList(), batch));
            groups.add(List.copyOf(first));
            first.clear();
        }
        return groups;
    }

    /**
     * {@return how many sequences, the first ones, are computed at once}
     *
     * @param most at least 1
     */
    int rowsThatFit(List<int[]> sequences, int most) {
        int rows = 0;
        long longest = 0;
        while (rows < Math.min(most, sequences.size())) {
            longest = Math.max(longest, sequences.get(rows).length);
            if (rows > 0 && (rows + 1) * longest * longest > SCORES) {
                break;
            }
            rows++;
        }
        return rows;
    }

    /**
     * {@return sequences with the prefix they share}
     *
     * @param most of it that may be taken for shared
     */
    Prompts together(List<int[]> sequences, int most) {
        int[] first = sequences.get(0);
        int shared = sharing && sequences.size() > 1 ? most : 0;
        for (int[] ids : sequences) {
            int differs = Arrays.mismatch(first, ids);
            shared = Math.min(shared, Math.min(ids.length - 1, differs < 0 ? ids.length : differs));
        }
        return new Prompts(sequences, shared);
    }

    @Override
    public void close() {
        session.close();
    }
}
