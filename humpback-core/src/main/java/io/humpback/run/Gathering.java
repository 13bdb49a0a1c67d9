package io.humpback.run;

import io.humpback.data.Example;
import io.humpback.data.Rejection;
import io.humpback.data.Segment;
import io.humpback.data.web.SegmentFunnel;
import io.humpback.internal.ContentId;
import io.humpback.quality.Drop;
import io.humpback.quality.NearDuplicates;
import io.humpback.run.store.RunStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.stream.Stream;

/** The stages that take data in: {@code seed} and {@code segments}. One that was stopped begins anew. */
final class Gathering {

    private static final int BATCH = 2000;

    private final Run run;
    private final RunStore store;

    Gathering(Run run) {
        this.run = run;
        this.store = run.store();
    }

    void seed() {
        store.together("seed", () -> {
            for (Example pair : run.settings().seed) {
                store.seed(ContentId.of(pair.instruction(), pair.response()), pair);
            }
        });
    }

    void segments() throws IOException {
        RunSettings settings = run.settings();
        SegmentFunnel funnel = new SegmentFunnel();
        Batches batches = new Batches();
        try (Stream<Segment> segments = settings.corpus.segments(batches::reject, funnel)) {
            segments.forEach(batches::add); // an iterator over flatMap would gather whole archives
        }
        batches.flush();
        long dropped = sample();
        store.together("segments counted", () -> {
            int position = 0;
            store.counted("segments", position++, "pages", funnel.pages());
            long droppedSections =
                    funnel.dropped().values().stream().mapToLong(n -> n).sum();
            store.counted("segments", position++, "sections", batches.seen + droppedSections);
            for (Map.Entry<SegmentFunnel.Reason, Long> reason : funnel.dropped().entrySet()) {
                String key = reason.getKey()
                        .name()
                        .toLowerCase(java.util.Locale.ROOT)
                        .replace('_', ' ');
                store.counted("segments", position++, key, reason.getValue());
            }
            store.counted("segments", position++, Drop.Reason.NEAR_DUPLICATE.key(), batches.duplicates);
            store.counted("segments", position, "not in the sample", dropped);
        });
    }

    /** Segments on their way into the store. */
    private final class Batches {

        private final NearDuplicates near =
                NearDuplicates.above(run.settings().nearDuplicates).rereading(this::text);
        private final List<Segment> waiting = new ArrayList<>();
        private final List<Rejection> rejected = new ArrayList<>();
        private long first; // number of the first that waits
        private long seen;
        private long duplicates;

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
            store.together("segments", () -> {
                for (int i = 0; i < waiting.size(); i++) {
                    duplicates += store.segment(first + i, waiting.get(i)) ? 0 : 1; // texts without a word
                }
                rejected.forEach(rejection -> store.rejection("segments", rejection));
            });
            first += waiting.size();
            waiting.clear();
            rejected.clear();
            run.settings().listener.advanced("segments", first, -1, Double.NaN);
        }
    }

    /**
     * Leaves a sample without replacement: the ids with the least hashes under the seed.
     *
     * @return how many went
     */
    private long sample() {
        long wanted = run.settings().sample;
        if (wanted == 0 || store.segments() <= wanted) {
            return 0;
        }
        record Lot(String hash, long n) {}
        PriorityQueue<Lot> most = new PriorityQueue<>((a, b) -> b.hash.compareTo(a.hash));
        try (Stream<Map.Entry<Long, String>> ids = store.segmentIds()) {
            ids.forEach(id -> {
                most.add(new Lot(ContentId.of("" + run.settings().randomSeed, id.getValue()), id.getKey()));
                if (most.size() > wanted) {
                    most.remove();
                }
            });
        }
        String last = most.element().hash;
        long before = store.segments();
        store.together("sample", () -> {
            try (Stream<Map.Entry<Long, String>> ids = store.segmentIds()) {
                ids.filter(id -> ContentId.of("" + run.settings().randomSeed, id.getValue())
                                        .compareTo(last)
                                > 0)
                        .forEach(id -> store.removeSegment(id.getKey()));
            }
        });
        return before - store.segments();
    }
}
