package io.humpback.run.files;

import io.humpback.data.file.DatasetCard;
import io.humpback.quality.FunnelStep;
import io.humpback.quality.Labels;
import io.humpback.quality.Worth;
import io.humpback.quality.Worth.Estimate;
import io.humpback.run.store.Candidates.Stored;
import io.humpback.run.store.Models.Model;
import io.humpback.run.store.RunStore;
import io.humpback.run.store.Segments;
import io.humpback.run.store.Settings.Setting;
import io.humpback.run.store.Verdicts.Judgement;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The card of the exported data set: what it is and how it came about. */
final class ExportCard {

    private ExportCard() {}

    static DatasetCard of(RunStore store, int rounds, List<FunnelStep> funnel, Labels labels) {
        DatasetCard card = DatasetCard.titled("Curated instruction pairs")
                .description("Responses are segments of web pages, their instructions were written by a model: "
                        + "instruction backtranslation (Li et al. 2023, arXiv 2308.06259). Kept is what the judge of round "
                        + rounds
                        + " found best. Rows train as they are with TRL; score is what they were ranked by, scores "
                        + "what each round's judge gave, segment where the response is from, provenance who wrote the "
                        + "instruction.");
        for (Map.Entry<String, Setting> setting : store.settings.all().entrySet()) {
            card = card.setting(setting.getKey(), setting.getValue().value());
        }
        long pages = store.segments.counts().getOrDefault(Segments.PAGES, 0L);
        card = pages > 0 ? card.count("pages", pages) : card;
        card = card.count("unreadable pages and rows", store.segments.rejectionCount())
                .count("seed pairs", store.seeds.count())
                .count("segments", store.segments.count())
                .count("candidates", store.candidates.count())
                .count("kept pairs", store.picks.count(rounds))
                .table("Funnel", List.of("stage", "in", "dropped", "out"), funnel(funnel))
                .table("Models", List.of("model", "steps", "last loss", "fingerprint"), models(store));
        List<List<String>> worth = labels.size() == 0 ? List.of() : worth(store, rounds, labels);
        return worth.isEmpty()
                ? card
                : card.table(
                        "What people say of a sample",
                        List.of(
                                "pairs",
                                "number",
                                "with a label",
                                "precision (95 % interval)",
                                "good pairs",
                                "precision by the labels alone"),
                        worth);
    }

    /** How many of all judged pairs and of the kept ones are good; nothing if no label is of one of them. */
    private static List<List<String>> worth(RunStore store, int rounds, Labels labels) {
        Worth.Rows rows = new Worth.Rows();
        BitSet kept = new BitSet();
        try (Stream<Stored> all = store.candidates.all()) {
            int row = 0;
            for (Iterator<Stored> each = all.iterator(); each.hasNext(); ) {
                Stored stored = each.next();
                Judgement verdict = store.verdicts.find(rounds, stored.n());
                if (verdict != null && verdict.value() != null) {
                    String instruction = stored.candidate().instruction();
                    String response = stored.candidate().response();
                    rows.add(
                            verdict.value(),
                            labels.of(stored.id(), instruction, response),
                            labels.drawnWith(stored.id(), instruction, response));
                    kept.set(row++, store.picks.contains(rounds, stored.n()));
                }
            }
        }
        if (rows.labelled() == 0) {
            return List.of();
        }
        Worth worth = rows.worth(Labels::good);
        return List.of(worth("all judged", worth.of(row -> true, 0.95)), worth("kept", worth.of(kept::get, 0.95)));
    }

    private static List<String> worth(String which, Estimate of) {
        return List.of(
                which,
                Long.toString(of.rows()),
                Integer.toString(of.labels()),
                of.precision().toString(),
                String.format(
                        Locale.ROOT,
                        "%.0f (%.0f to %.0f)",
                        of.good().value(),
                        of.good().low(),
                        of.good().high()),
                of.labelsOnly().toString());
    }

    private static List<List<String>> funnel(List<FunnelStep> steps) {
        return steps.stream()
                .map(step -> List.of(
                        step.stage(),
                        Long.toString(step.into()),
                        step.dropped().entrySet().stream()
                                .map(reason -> reason.getKey() + " " + reason.getValue())
                                .collect(Collectors.joining(", ")),
                        Long.toString(step.out())))
                .toList();
    }

    private static List<List<String>> models(RunStore store) {
        List<List<String>> rows = new ArrayList<>();
        for (Model model : store.models.all()) {
            List<Double> losses = List.copyOf(store.models.losses(model.name()).values());
            String last = losses.isEmpty() ? "" : String.format(Locale.ROOT, "%.4f", losses.get(losses.size() - 1));
            rows.add(List.of(model.name(), Integer.toString(losses.size()), last, model.fingerprint()));
        }
        return rows;
    }
}
