package io.humpback.report;

import io.humpback.Score;
import io.humpback.Scored;
import io.humpback.data.Example;
import io.humpback.quality.Drop;
import io.humpback.quality.Labels;
import io.humpback.report.RunReport.Named;
import io.humpback.report.RunReport.Pair;
import io.humpback.report.RunReport.Step;
import io.humpback.report.RunReport.Verbs;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What is reported of pairs that were scored and are at hand. */
final class ScoredPairs {

    private static final int SHOWN_A_FATE = 50;

    private ScoredPairs() {}

    static RunReport report(String title, List<Scored<Example>> scored, Labels labels) {
        Map<String, Long> unscored = new TreeMap<>();
        Map<String, Long> dropped = new TreeMap<>();
        List<Pair> pairs = new ArrayList<>();
        JudgedRows judged = new JudgedRows();
        for (Scored<Example> each : scored) {
            Score score = each.score();
            Drop drop = each.drop();
            Example pair = each.item();
            String fate = drop == null ? "" : drop.reason().key();
            long seen = (score == null ? unscored : dropped).merge(fate, 1L, Long::sum);
            if (seen <= SHOWN_A_FATE) {
                pairs.add(new Pair(
                        pair.instruction(),
                        pair.response(),
                        "",
                        score == null ? Double.NaN : score.value(),
                        score == null || score.distribution().isEmpty() ? null : score.distribution(),
                        drop == null,
                        drop == null ? "" : drop.toString()));
            }
            if (score != null) {
                judged.add(
                        score.value(),
                        drop == null,
                        labels.of("", pair.instruction(), pair.response()),
                        labels.drawnWith("", pair.instruction(), pair.response()));
            }
        }
        double[] values = scored.stream()
                .map(Scored::score)
                .filter(score -> score != null)
                .mapToDouble(Score::value)
                .toArray();
        List<Step> funnel = new ArrayList<>();
        funnel.add(new Step("pairs", scored.size(), Map.of()));
        funnel.add(new Step("scored", values.length, unscored));
        long kept = dropped.getOrDefault("", 0L);
        dropped.remove("");
        if (!dropped.isEmpty()) {
            funnel.add(new Step("kept", kept, dropped));
        }
        return new RunReport(
                title,
                funnel,
                List.of(new Named<>("score", Histogram.ofScores(values))),
                List.of(),
                judged.judge("judge", !dropped.isEmpty()).stream().toList(),
                List.of(),
                List.of(),
                new Verbs(0, Map.of()),
                pairs,
                Map.of(),
                Map.of(),
                Map.of());
    }
}
