package io.humpback.run.files;

import io.humpback.data.file.DatasetCard;
import io.humpback.quality.FunnelStep;
import io.humpback.run.store.Models.Model;
import io.humpback.run.store.RunStore;
import io.humpback.run.store.Segments;
import io.humpback.run.store.Settings.Setting;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The card of the exported data set: what it is and how it came about. */
final class ExportCard {

    private ExportCard() {}

    static DatasetCard of(RunStore store, int rounds, List<FunnelStep> funnel) {
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
        return card.count("unreadable pages and rows", store.segments.rejectionCount())
                .count("seed pairs", store.seeds.count())
                .count("segments", store.segments.count())
                .count("candidates", store.candidates.count())
                .count("kept pairs", store.picks.count(rounds))
                .table("Funnel", List.of("stage", "in", "dropped", "out"), funnel(funnel))
                .table("Models", List.of("model", "steps", "last loss", "fingerprint"), models(store));
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
