package io.humpback.onnx.run;

import io.humpback.model.Completion;
import io.humpback.model.Sampling;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/**
 * Computes whole generations in one run each. Prompts that callers ask for at the same time, to read what follows, are
 * computed together too.
 */
abstract class WholeDecoder<P extends Prompts> implements Decoder {

    private final WholeSession<P> session;
    private final int preferredBatch;
    private final Together<int[], Computed> prompts;
    private final Together<TokenContinuation, Computed> continuations;

    WholeDecoder(WholeSession<P> session, int preferredBatch) {
        this.session = session;
        this.preferredBatch = preferredBatch;
        prompts = session.together(preferredBatch, this::computeNext);
        continuations = session.together(preferredBatch, this::computeLogProbabilities);
    }

    /** Sequences that are computed in a run, and their places among others. */
    record Group<P>(P prompts, List<Integer> places) {

        /** {@return what stands at the places} */
        <T> List<T> of(List<T> all) {
            return places.stream().map(all::get).toList();
        }
    }

    /**
     * {@return all of some sequences}
     *
     * @param shared how many first tokens of each another one may compute, at most
     * @throws io.humpback.model.ModelException if one alone is too long
     */
    abstract List<Group<P>> groups(List<int[]> sequences, int[] shared);

    /**
     * {@return the first of some sequences, and others that are computed with it}
     *
     * @param growth tokens that each may write
     * @param most sequences that are written at the same time
     * @throws io.humpback.model.ModelException if the first one alone is too long
     */
    abstract Group<P> group(List<int[]> sequences, int[] growth, int most);

    @Override
    public final int vocabulary() {
        return session.vocabulary();
    }

    @Override
    public final int preferredBatch() {
        return preferredBatch;
    }

    @Override
    public final List<Computed> next(List<int[]> wanted) {
        return prompts.answer(wanted);
    }

    private List<Computed> computeNext(List<int[]> wanted) {
        return inGroups(wanted, ids -> ids, ids -> ids.length - 1, (read, rows) -> computed(read, session.next(read)));
    }

    @Override
    public final List<Computed> logProbabilities(List<TokenContinuation> wanted) {
        return continuations.answer(wanted);
    }

    private List<Computed> computeLogProbabilities(List<TokenContinuation> wanted) {
        return inGroups(
                wanted,
                TokenContinuation::read,
                continuation -> continuation.prompt().length - 1,
                this::computeLogProbabilities);
    }

    private List<Computed> computeLogProbabilities(P read, List<TokenContinuation> rows) {
        long[] targets = rows.stream()
                .flatMapToInt(row -> Arrays.stream(row.completion()))
                .asLongStream()
                .toArray();
        long[] places = IntStream.range(0, rows.size())
                .flatMap(i -> IntStream.range(
                                rows.get(i).prompt().length - 1, rows.get(i).length() - 1)
                        .map(place -> read.row(i, place)))
                .asLongStream()
                .toArray();
        float[] logs = session.logProbabilities(read, places, targets);
        float[][] each = new float[rows.size()][];
        int at = 0;
        for (int i = 0; i < each.length; i++) {
            int end = at + rows.get(i).completion().length;
            each[i] = Arrays.copyOfRange(logs, at, end);
            at = end;
        }
        return computed(read, each);
    }

    private List<Computed> computed(P read, float[][] values) {
        return IntStream.range(0, values.length)
                .mapToObj(i -> new Computed(values[i], read.shared(i)))
                .toList();
    }

    /** {@return an answer to each question, computed of the ids to be read for it, of which others may compute some} */
    final <Q, A> List<A> inGroups(
            List<Q> questions,
            Function<Q, int[]> ids,
            ToIntFunction<Q> shared,
            BiFunction<P, List<Q>, List<A>> computation) {
        Map<Integer, A> answers = new TreeMap<>();
        List<int[]> sequences = questions.stream().map(ids).toList();
        for (Group<P> group :
                groups(sequences, questions.stream().mapToInt(shared).toArray())) {
            List<A> found = computation.apply(group.prompts, group.of(questions));
            for (int i = 0; i < found.size(); i++) {
                answers.put(group.places.get(i), found.get(i));
            }
        }
        return List.copyOf(answers.values());
    }

    @Override
    public final Iterator<Completion> complete(DecodeRequest request) {
        return new WholeGeneration<>(this, request);
    }

    /** {@return the tokens written after prompts, with noise [steps, prompts] and a limit for each} */
    final int[][] generate(P prompts, Sampling sampling, float[][] noise, int[] limits, Set<Integer> ends, int most) {
        long[] each = Arrays.stream(limits).asLongStream().toArray();
        return session.generate(prompts, sampling, noise, each, ends, most);
    }

    @Override
    public final void release(GraphFile again) {
        session.release(again);
    }

    @Override
    public final void close() {
        session.close();
    }
}
