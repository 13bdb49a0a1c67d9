package io.humpback.run.cost;

import io.humpback.data.Candidate;
import io.humpback.model.Sampling;
import io.humpback.run.store.Candidates.Stored;
import io.humpback.run.store.RunStore;
import io.humpback.run.store.Segments.Numbered;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a dry run measures with. Each measurement is made once.
 *
 * @param total how many segments the run has
 * @param segments the first of them, and the longest, which decides how much memory all take
 * @param pairs each of these under its header, in place of the candidate that it will be part of
 * @param measured results by key
 */
public record CostSample(long total, List<Numbered> segments, List<Stored> pairs, Map<Object, Object> measured) {

    /** As many as are worked on together, so that they take as much memory, and as long a time each, as in the run. */
    private static final int SIZE = 32;

    /** {@return segments of a run with batches of a number of items} */
    public static CostSample of(RunStore store, int batch) {
        List<Numbered> segments = new ArrayList<>(store.segments.after(-1, Math.min(SIZE, batch) - 1));
        segments.addAll(store.segments.longest());
        Candidate.Provenance nobody = new Candidate.Provenance("", "", Sampling.greedy());
        List<Stored> pairs = segments.stream()
                .map(one -> new Candidate(one.segment(), one.segment().header(), nobody))
                .map(candidate -> new Stored(-1, "", candidate, ""))
                .toList();
        return new CostSample(store.segments.count(), segments, pairs, new HashMap<>());
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
