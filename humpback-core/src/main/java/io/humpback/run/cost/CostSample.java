package io.humpback.run.cost;

import io.humpback.data.Candidate;
import io.humpback.model.Sampling;
import io.humpback.run.store.Candidates.Stored;
import io.humpback.run.store.RunStore;
import io.humpback.run.store.Segments.Numbered;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What a dry run measures with: a few segments of the run, and pairs made from them. Each measurement is made once. */
public final class CostSample {

    private final long total;
    private final List<Numbered> segments;
    private final List<Stored> pairs;
    private final Map<Object, Object> measured = new HashMap<>();

    /** Takes the first segments. */
    public CostSample(RunStore store) {
        total = store.segments().count();
        segments = store.segments().after(-1, CostProbe.SIZE);
        pairs = segments.stream().map(CostSample::pair).toList();
    }

    /** A segment under its header, in place of the candidate that it will be part of. */
    private static Stored pair(Numbered one) {
        Candidate.Provenance nobody = new Candidate.Provenance("", "", Sampling.greedy());
        return new Stored(
                one.n(), "", new Candidate(one.segment(), one.segment().header(), nobody), "");
    }

    /** {@return how many segments the run has} */
    public long total() {
        return total;
    }

    /** {@return the first segments of the run} */
    public List<Numbered> segments() {
        return segments;
    }

    /** {@return a pair for each of them} */
    public List<Stored> pairs() {
        return pairs;
    }

    /** A measurement. */
    @FunctionalInterface
    public interface Measurement<T> {

        /** {@return its result} */
        T make() throws IOException;
    }

    /** {@return the result of a measurement; stages that do the same work share a key} */
    @SuppressWarnings("unchecked") // one type of result for each key
    public <T> T once(Object key, Measurement<T> measurement) throws IOException {
        Object result = measured.get(key);
        if (result == null) {
            result = measurement.make();
            measured.put(key, result);
        }
        return (T) result;
    }
}
