package io.humpback.run;

import io.humpback.quality.FunnelStep;
import io.humpback.run.store.RunStore;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Counts a run's rows, from sections of pages to kept pairs. */
final class Funnel {

    private Funnel() {}

    static List<FunnelStep> of(RunStore store) {
        Set<String> begun = store.stages().keySet();
        List<FunnelStep> steps = new ArrayList<>();
        if (begun.contains("segments")) {
            Map<String, Long> counted = new LinkedHashMap<>(store.counted("segments"));
            counted.remove("pages");
            Long sections = counted.remove("sections");
            if (sections != null) {
                steps.add(step("segments", sections, counted, store.segments()));
            }
        }
        if (begun.contains("augment")) {
            Map<String, Long> dropped = store.droppedAttempts();
            steps.add(step("augment", store.attempts(), dropped, store.attempts() - sum(dropped)));
        }
        long candidates = store.candidateCount();
        if (begun.contains("ifd")) {
            Map<String, Long> dropped = store.droppedByIfd();
            steps.add(step("ifd", candidates + sum(dropped), dropped, candidates));
        }
        for (int round = 1; begun.contains("curate-" + round) || begun.contains("score-" + round); round++) {
            long judged = candidates;
            if (begun.contains("score-" + round)) {
                Map<String, Long> dropped = store.unjudged(round);
                judged = store.verdicts(round) - sum(dropped);
                steps.add(step("score-" + round, store.verdicts(round), dropped, judged));
            }
            if (begun.contains("curate-" + round)) {
                Map<String, Long> dropped = new LinkedHashMap<>(store.passedOver(round));
                long kept = store.picks(round);
                dropped.put("score below", judged - kept - sum(dropped));
                steps.add(step("curate-" + round, judged, dropped, kept));
            }
        }
        return steps;
    }

    private static FunnelStep step(String stage, long in, Map<String, Long> dropped, long out) {
        Map<String, Long> occurred = new LinkedHashMap<>(dropped);
        occurred.values().removeIf(count -> count == 0);
        return new FunnelStep(stage, in, occurred, out);
    }

    private static long sum(Map<String, Long> counts) {
        return counts.values().stream().mapToLong(n -> n).sum();
    }
}
