package io.humpback.examples.report;

import io.humpback.examples.report.RunReport.Drifted;
import io.humpback.examples.report.RunReport.Named;
import io.humpback.examples.report.RunReport.Pair;
import io.humpback.examples.report.RunReport.Step;
import io.humpback.quality.Detection;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A {@link RunReport} as one HTML file that needs nothing else: no script, no font, no network. Legible in light and
 * dark. All texts are escaped, and the page's own policy forbids whatever could load or run.
 */
public final class HtmlReport {

    private static final int MAX_TEXT = 3000;

    private final RunReport run;
    private final Html html = new Html();
    private final Charts charts = new Charts();

    private HtmlReport(RunReport run) {
        this.run = run;
    }

    /**
     * Writes the report; an older file is replaced when the new one is whole.
     *
     * @param run what is told
     * @param file such as {@code report.html}
     * @throws IOException if it cannot be written
     */
    public static void write(RunReport run, Path file) throws IOException {
        Path beside = file.resolveSibling(file.getFileName() + ".part");
        try {
            Files.writeString(beside, of(run));
            Files.move(beside, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(beside);
        }
    }

    /** {@return the page} @param run what is told */
    public static String of(RunReport run) {
        return new HtmlReport(run).page();
    }

    private String page() {
        html.raw("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
                .raw(
                        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">")
                .raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
                .raw("<meta name=\"color-scheme\" content=\"light dark\">")
                .element("title", run.title())
                .raw("<style>" + style() + "</style></head><body><main>")
                .element("h1", run.title());
        figures();
        funnel();
        scores();
        judges();
        losses();
        lengths();
        verbs();
        pairs();
        table("Settings", run.settings());
        table("Fingerprints", run.fingerprints());
        return html.raw("</main></body></html>\n").toString();
    }

    private static String style() {
        try (InputStream style = HtmlReport.class.getResourceAsStream("report.css")) {
            return new String(style.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void figures() {
        html.raw("<div class=\"figures\">");
        for (Step step : run.funnel()) {
            figure(count(step.items()), step.name());
        }
        for (Named<Detection> judge : run.judges()) {
            figure(decimal(judge.value().rocAuc()), "AUC of " + judge.name());
        }
        html.raw("</div>");
    }

    private void figure(String value, String name) {
        html.raw("<div>").element("b", value).element("span", name).raw("</div>");
    }

    private void section(String title, String note) {
        html.raw("<section>").element("h2", title);
        if (!note.isEmpty()) {
            html.element("p class=\"note\"", note);
        }
    }

    private void plot(String caption, String svg) {
        html.raw("<figure role=\"img\" aria-label=\"" + Html.escape(caption) + "\">")
                .element("figcaption", caption)
                .raw(svg)
                .raw("</figure>");
    }

    private void funnel() {
        if (run.funnel().isEmpty()) {
            return;
        }
        section("Funnel", "How many there are of what, and why others went no further.");
        long most = run.funnel().stream().mapToLong(Step::items).max().orElse(1);
        html.raw("<div class=\"bars\">");
        for (Step step : run.funnel()) {
            html.element("span class=\"name\"", step.name());
            html.raw("<span class=\"track\"><i style=\"width:" + percent(step.items(), most) + "\"></i></span>");
            html.element("span class=\"count\"", count(step.items()));
            if (!step.dropped().isEmpty()) {
                long all = step.dropped().values().stream()
                        .mapToLong(number -> number)
                        .sum();
                html.element(
                        "span class=\"why\"",
                        "dropped " + count(all) + ": "
                                + step.dropped().entrySet().stream()
                                        .map(reason -> reason.getKey() + " " + count(reason.getValue()))
                                        .collect(Collectors.joining(" \u00b7 ")));
            }
        }
        html.raw("</div></section>");
    }

    private void scores() {
        List<Named<Histogram>> scores =
                run.scores().stream().filter(each -> each.value().total() > 0).toList();
        if (scores.isEmpty() && run.drifts().isEmpty()) {
            return;
        }
        section("Scores", "");
        if (!scores.isEmpty()) {
            plot("Distribution of scores", charts.histograms(scores, "score", HtmlReport::plain));
        }
        if (!run.drifts().isEmpty()) {
            html.element("h3", "Drift between judges, on the same pairs")
                    .raw("<table><thead><tr>")
                    .raw("<th>from<th>to<th>pairs<th>mean change<th>deviation<th>rank correlation<th>newly kept")
                    .raw("<th>no longer kept</tr></thead><tbody>");
            for (Drifted each : run.drifts()) {
                html.raw("<tr>").element("td", each.from()).element("td", each.to());
                number(count(each.drift().rows()));
                number(signed(each.drift().meanChange()));
                number(decimal(each.drift().deviation()));
                number(decimal(each.drift().spearman()));
                number(count(each.drift().entered()));
                number(count(each.drift().left()));
                html.raw("</tr>");
            }
            html.raw("</tbody></table>");
        }
        html.raw("</section>");
    }

    private void number(String number) {
        html.element("td class=\"number\"", number);
    }

    private void judges() {
        List<Named<Detection>> judges =
                run.judges().stream().filter(each -> each.value().rows() > 0).toList();
        if (judges.isEmpty()) {
            return;
        }
        section("Agreement with labels", "");
        html.raw("<div class=\"plots\">");
        if (judges.stream().anyMatch(judge -> judge.value().positives() > 0)) {
            plot(
                    "Precision and recall of keeping what reaches a score",
                    charts.precisionRecall(judges.stream()
                            .filter(judge -> judge.value().positives() > 0)
                            .toList()));
        }
        plot("Calibration: how often pairs of a score are good", charts.calibration(judges));
        html.raw(
                "</div><table><thead><tr><th>judge<th>pairs<th>good<th>ROC-AUC<th>average precision</tr></thead><tbody>");
        for (Named<Detection> judge : judges) {
            html.raw("<tr>").element("td", judge.name());
            number(count(judge.value().rows()));
            number(count(judge.value().positives()));
            number(decimal(judge.value().rocAuc()));
            number(decimal(judge.value().averagePrecision()));
            html.raw("</tr>");
        }
        html.raw("</tbody></table></section>");
    }

    private void losses() {
        var curves =
                run.losses().stream().filter(curve -> curve.steps().length > 0).toList();
        if (!curves.isEmpty()) {
            section("Training", "");
            plot("Loss by optimizer step", charts.losses(curves));
            html.raw("</section>");
        }
    }

    private void lengths() {
        List<Named<Histogram>> lengths =
                run.lengths().stream().filter(each -> each.value().total() > 0).toList();
        if (!lengths.isEmpty()) {
            section("Lengths", "");
            plot(
                    "Characters, on a logarithmic scale",
                    charts.histograms(lengths, "characters", log -> count(Math.round(Math.pow(2, log)))));
            html.raw("</section>");
        }
    }

    private void verbs() {
        if (run.verbs().isEmpty()) {
            return;
        }
        section("What the instructions ask for", "Root verbs with their most frequent objects, by parts of speech.");
        long most =
                run.verbs().values().stream().mapToLong(HtmlReport::sum).max().orElse(1);
        html.raw("<div class=\"bars verbs\">");
        run.verbs().forEach((verb, nouns) -> {
            html.element("span class=\"name\"", verb).raw("<span class=\"track\">");
            int shade = 0;
            for (long count : nouns.values()) {
                html.raw("<i class=\"n" + shade++ % 2 + "\" style=\"width:" + percent(count, most) + "\"></i>");
            }
            html.raw("</span>").element("span class=\"count\"", count(sum(nouns)));
            html.element(
                    "span class=\"why\"",
                    nouns.entrySet().stream()
                            .map(noun -> noun.getKey() + " " + count(noun.getValue()))
                            .collect(Collectors.joining(" \u00b7 ")));
        });
        html.raw("</div></section>");
    }

    private static long sum(Map<String, Long> counts) {
        return counts.values().stream().mapToLong(count -> count).sum();
    }

    private void pairs() {
        for (boolean kept : new boolean[] {true, false}) {
            List<Pair> pairs =
                    run.pairs().stream().filter(pair -> pair.kept() == kept).toList();
            if (!pairs.isEmpty()) {
                section(kept ? "Some that were kept" : "Some that were not", "");
                pairs.forEach(this::pair);
                html.raw("</section>");
            }
        }
    }

    private void pair(Pair pair) {
        html.raw("<details><summary>");
        if (!Double.isNaN(pair.score())) {
            html.element("b class=\"score\"", decimal(pair.score()));
        }
        if (pair.distribution() != null) {
            html.raw("<span class=\"spark\" title=\"P(1) to P(5)\">");
            pair.distribution().forEach(p -> html.raw("<i style=\"height:" + percent(p, 1) + "\"></i>"));
            html.raw("</span>");
        }
        html.raw("<span class=\"instruction\" dir=\"auto\">")
                .text(cut(pair.instruction(), 300))
                .raw("</span>");
        if (!pair.reason().isEmpty()) {
            html.element("span class=\"reason\"", cut(pair.reason(), 160));
        }
        html.raw("</summary>");
        if (pair.instruction().length() > 300) {
            html.element("p class=\"text\" dir=\"auto\"", cut(pair.instruction(), MAX_TEXT));
        }
        html.element("div class=\"text\" dir=\"auto\"", cut(pair.response(), MAX_TEXT));
        if (!pair.source().isEmpty()) {
            html.element("p class=\"note\"", cut(pair.source(), 300));
        }
        html.raw("</details>");
    }

    private void table(String title, Map<String, String> values) {
        if (!values.isEmpty()) {
            section(title, "");
            html.raw("<table class=\"names\"><tbody>");
            values.forEach((name, value) ->
                    html.raw("<tr>").element("th", name).element("td", value).raw("</tr>"));
            html.raw("</tbody></table></section>");
        }
    }

    private static String cut(String text, int length) {
        if (text.length() <= length) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(length - 1)) ? length - 1 : length;
        return text.substring(0, end) + " \u2026 (" + count(text.length() - end) + " more characters)";
    }

    private static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    private static String decimal(double number) {
        return Double.isNaN(number) ? "undefined" : String.format(Locale.ROOT, "%.2f", number);
    }

    private static String signed(double number) {
        return Double.isNaN(number) ? "undefined" : String.format(Locale.ROOT, "%+.2f", number);
    }

    private static String plain(double number) {
        return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
    }

    private static String percent(double part, double whole) {
        return String.format(Locale.ROOT, "%.2f%%", whole == 0 ? 0 : 100 * part / whole);
    }
}
