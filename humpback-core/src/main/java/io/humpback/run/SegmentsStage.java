package io.humpback.run;

import io.humpback.data.Rejection;
import io.humpback.data.Segment;
import io.humpback.data.web.SegmentFunnel;
import io.humpback.internal.ContentId;
import io.humpback.quality.Drop;
import io.humpback.quality.FunnelStep;
import io.humpback.quality.NearDuplicates;
import io.humpback.run.store.RunStore;
import io.humpback.run.store.Segments;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.PriorityQueue;
import java.util.stream.Stream;

/** Takes in the segments of the corpus, without near-duplicates, or a sample of them. */
record SegmentsStage() implements Stage {

    private static final int BATCH = 2000;

    @Override
    public String name() {
        return "segments";
    }

    @Override
    public Map<String, String> settings(RunSettings settings) throws IOException {
        return Map.of(
                "corpus",
                settings.corpus().fingerprint(),
                "near duplicates",
                "" + settings.nearDuplicates(),
                "sample",
                settings.sample() == 0 ? "all" : "" + settings.sample(),
                "random seed",
                "" + settings.randomSeed());
    }

    @Override
    public void run(Run run) throws IOException {
        SegmentFunnel funnel = new SegmentFunnel();
        Batches batches = new Batches(run);
        try (Stream<Segment> segments = run.settings().corpus().segments(batches::reject, funnel)) {
            segments.forEach(batches::add); // an iterator over flatMap would gather whole archives
        }
        batches.flush();
        long left = leaveOut(run);
        Map<String, Long> counts = new LinkedHashMap<>();
        counts.put(Segments.PAGES, funnel.pages());
        counts.put(
                Segments.SECTIONS,
                batches.seen
                        + funnel.dropped().values().stream()
                                .mapToLong(count -> count)
                                .sum());
        funnel.dropped().forEach((reason, count) -> counts.put(reason.key(), count));
        counts.put(Drop.Reason.NEAR_DUPLICATE.key(), batches.duplicates);
        counts.put("not in the sample", left);
        run.store().transaction("segments counted", () -> run.store().segments.insertCounts(counts));
    }

    /** Segments on their way into the store. */
    private final class Batches {

        private final Run run;
        private final Segments store;
        private final NearDuplicates near;
        private final List<Segment> waiting = new ArrayList<>();
        private final List<Rejection> rejected = new ArrayList<>();
        private long first; // number of the first that waits
        private long seen;
        private long duplicates;

        Batches(Run run) {
            this.run = run;
            this.store = run.store().segments;
            this.near = NearDuplicates.above(run.settings().nearDuplicates()).rereading(this::text);
        }

        private String text(long n) {
            return n < first ? store.text(n) : waiting.get((int) (n - first)).text();
        }

        void add(Segment segment) {
            seen++;
            if (near.add(segment.text(), first + waiting.size())) {
                waiting.add(segment);
                if (waiting.size() == BATCH) {
                    flush();
                }
            } else {
                duplicates++;
            }
        }

        void reject(Rejection rejection) {
            rejected.add(rejection);
            if (rejected.size() == BATCH) {
                flush();
            }
        }

        void flush() {
            Run.checkStopped();
            run.store().transaction(name(), () -> {
                for (int i = 0; i < waiting.size(); i++) {
                    duplicates += store.insert(first + i, waiting.get(i)) ? 0 : 1; // texts without a word
                }
                rejected.forEach(store::insertRejection);
            });
            first += waiting.size();
            waiting.clear();
            rejected.clear();
            run.listener().advanced(name(), first, OptionalLong.empty(), Double.NaN);
        }
    }

    /** Leaves a random sample, the ids with the least hashes under the seed; returns how many were deleted. */
    private static long leaveOut(Run run) {
        Segments store = run.store().segments;
        long wanted = run.settings().sample();
        long before = store.count();
        if (wanted == 0 || before <= wanted) {
            return 0;
        }
        PriorityQueue<String> least = new PriorityQueue<>((a, b) -> b.compareTo(a));
        try (Stream<Map.Entry<Long, String>> ids = store.ids()) {
            ids.forEach(id -> {
                least.add(lot(run, id));
                if (least.size() > wanted) {
                    least.remove();
                }
            });
        }
        String last = least.element();
        run.store().transaction("sample", () -> {
            try (Stream<Map.Entry<Long, String>> ids = store.ids()) {
                ids.filter(id -> lot(run, id).compareTo(last) > 0).forEach(id -> store.delete(id.getKey()));
            }
        });
        return before - store.count();
    }

    private static String lot(Run run, Map.Entry<Long, String> id) {
        return ContentId.of("" + run.settings().randomSeed(), id.getValue());
    }

    @Override
    public void forget(RunStore store) {
        store.segments.clear();
    }

    @Override
    public Optional<FunnelStep> funnel(RunStore store) {
        Map<String, Long> dropped = new LinkedHashMap<>(store.segments.counts());
        dropped.remove(Segments.PAGES);
        Long sections = dropped.remove(Segments.SECTIONS);
        return Optional.ofNullable(sections).map(in -> step("segments", in, dropped, store.segments.count()));
    }
}
