package io.humpback.report;

import static java.util.Objects.requireNonNull;

import io.humpback.internal.AtomicFiles;
import io.humpback.quality.Bootstrap.Interval;
import io.humpback.quality.Worth.Estimate;
import io.humpback.quality.Worth.Range;
import io.humpback.report.RunReport.Drifted;
import io.humpback.report.RunReport.Judge;
import io.humpback.report.RunReport.Named;
import io.humpback.report.RunReport.Pair;
import io.humpback.report.RunReport.Step;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A {@link RunReport} as one HTML file that needs nothing else: no font, no network, and one script of its own, which
 * searches, filters and sorts the pairs; without it all of them are listed. Legible in light and dark. All texts are
 * escaped, and the page's own policy forbids whatever else could load or run.
 */
public final class HtmlReport {

    private static final int MAX_TEXT = 3000;

    private static final Pattern WEB = Pattern.compile("https?://[\\p{Graph}&&[^\"<>\\\\^`{|}]]{1,2000}");

    /** Steps that are shown at the top, with the last one. */
    private static final Set<String> HEADLINES = Set.of("pages", "segments", "candidates");

    private final RunReport run;
    private final Html html = new Html();
    private final Charts charts = new Charts();

    private HtmlReport(RunReport run) {
        this.run = run;
    }

    /**
     * Writes the report to a file; an older one is replaced when the new one is whole.
     *
     * @throws IllegalStateException if a library that draws the plots is not there
     */
    public static void write(RunReport run, Path file) throws IOException {
        AtomicFiles.write(file, of(run));
    }

    /**
     * {@return the page of a report}
     *
     * @throws IllegalStateException if a library that draws the plots is not there
     */
    public static String of(RunReport run) {
        try {
            return new HtmlReport(run).page();
        } catch (NoClassDefFoundError e) {
            throw new IllegalStateException(
                    "the report's plots need org.knowm.xchart:xchart and de.erichseifert.vectorgraphics2d:VectorGraphics2D"
                            + " on the class path, found no " + e.getMessage(),
                    e);
        }
    }

    private String page() {
        String script = resource("report.js");
        html.raw("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
                .raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; base-uri 'none';"
                        + " form-action 'none'; style-src 'unsafe-inline'; script-src 'sha256-" + sha256(script)
                        + "'\">")
                .raw("<meta name=\"referrer\" content=\"no-referrer\">")
                .raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
                .raw("<meta name=\"color-scheme\" content=\"light dark\">")
                .element("title", run.title())
                .raw("<style>" + resource("report.css") + "</style></head><body><main>")
                .element("h1", run.title())
                .element("p class=\"note\"", "Written on " + LocalDate.now(ZoneOffset.UTC) + " (UTC).");
        figures();
        funnel();
        scores();
        judges();
        losses();
        lengths();
        verbs();
        pairs();
        seconds();
        table("Settings", run.settings());
        table("Fingerprints", run.fingerprints());
        return html.raw("</main><script>" + script + "</script></body></html>\n")
                .toString();
    }

    private static String resource(String name) {
        try (InputStream text = requireNonNull(HtmlReport.class.getResourceAsStream(name))) {
            return new String(text.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return what a policy that allows one script names it by} */
    private static String sha256(String script) {
        try {
            return Base64.getEncoder()
                    .encodeToString(
                            MessageDigest.getInstance("SHA-256").digest(script.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // each Java has it
        }
    }

    private void figures() {
        html.raw("<div class=\"figures\">");
        for (int i = 0; i < run.funnel().size(); i++) {
            Step step = run.funnel().get(i);
            if (HEADLINES.contains(step.name()) || i == run.funnel().size() - 1) {
                figure(count(step.items()), step.name());
            }
        }
        for (Judge judge : run.judges()) {
            figure(decimal(judge.detection().rocAuc()), "AUC of " + judge.name() + ", " + range(judge.rocAuc()));
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
        section(
                "Funnel",
                "How many came out of each step, and why the others went no further. Every judge sees all candidates.");
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
        section("Scores", "What each judge gave the same candidates. One that tells them apart spreads them out.");
        if (!scores.isEmpty()) {
            plot("Share of the candidates at each score", charts.histograms(scores, "score", Charts::label));
        }
        if (!run.drifts().isEmpty()) {
            html.element("h3", "Drift from judge to judge, on the same pairs")
                    .element(
                            "p class=\"note\"",
                            "How far the scores moved; a rank correlation near 1 means that the order stayed.")
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
        List<Judge> judges = run.judges();
        if (judges.isEmpty()) {
            return;
        }
        section(
                "Agreement with labels",
                "How well scores find the pairs that people call good. A ROC-AUC of 0.5 is chance, 1 is perfect; "
                        + "in brackets the 95 % interval, from resampled pairs.");
        html.raw("<div class=\"plots\">");
        if (judges.stream().anyMatch(judge -> judge.detection().positives() > 0)) {
            plot(
                    "Precision and recall of keeping what reaches a score",
                    charts.precisionRecall(judges.stream()
                            .filter(judge -> judge.detection().positives() > 0)
                            .toList()));
        }
        plot("Calibration: how often pairs of a score are good", charts.calibration(judges));
        html.raw(
                "</div><table><thead><tr><th>judge<th>pairs<th>good<th>ROC-AUC<th>average precision</tr></thead><tbody>");
        for (Judge judge : judges) {
            html.raw("<tr>").element("td", judge.name());
            number(count(judge.detection().rows()));
            number(count(judge.detection().positives()));
            number(decimal(judge.detection().rocAuc()) + " (" + range(judge.rocAuc()) + ")");
            number(decimal(judge.detection().averagePrecision()));
            html.raw("</tr>");
        }
        html.raw("</tbody></table>");
        worth(judges);
        html.raw("</section>");
    }

    private void worth(List<Judge> judges) {
        html.element("h3", "What they are worth")
                .element(
                        "p class=\"note\"",
                        "How many of all pairs and of the kept ones are good, from the labels and the scores of all"
                                + " (prediction-powered); in brackets the 95 % interval. It holds where the labelled pairs"
                                + " were drawn at random.")
                .raw("<table><thead><tr><th>judge<th>which<th>pairs<th>with a label<th>precision<th>good pairs")
                .raw("<th>precision by the labels alone</tr></thead><tbody>");
        for (Judge judge : judges) {
            worth(judge.name(), "all", judge.all());
            if (judge.kept() != null) {
                worth(judge.name(), "kept", judge.kept());
            }
        }
        html.raw("</tbody></table>");
    }

    private void worth(String judge, String which, Estimate estimate) {
        Range good = estimate.good();
        html.raw("<tr>").element("td", judge).element("td", which);
        number(count(estimate.rows()));
        number(count(estimate.labels()));
        number(estimate.precision().toString());
        number(
                estimate.labels() == 0
                        ? "unknown"
                        : count(Math.round(good.value())) + " (" + count(Math.round(good.low())) + " to "
                                + count(Math.round(good.high())) + ")");
        number(estimate.labelsOnly().toString());
        html.raw("</tr>");
    }

    private void losses() {
        var curves =
                run.losses().stream().filter(curve -> curve.steps().length > 0).toList();
        if (!curves.isEmpty()) {
            section(
                    "Training",
                    "The mean loss of a learnt token; a curve that is still falling at its end was stopped early.");
            boolean heldOut = curves.stream().anyMatch(curve -> curve.name().endsWith(RunReport.Curve.HELD_OUT));
            plot(
                    "Loss by optimizer step" + (heldOut ? "; dashed, of rows that are not learnt" : ""),
                    charts.losses(curves));
            html.raw("</section>");
        }
    }

    private void lengths() {
        List<Named<Histogram>> lengths =
                run.lengths().stream().filter(each -> each.value().total() > 0).toList();
        if (!lengths.isEmpty()) {
            section("Lengths", "Where kept responses are longer than the others, the judge may prefer length itself.");
            plot(
                    "Share of the texts at each number of characters, on a logarithmic scale",
                    charts.histograms(lengths, "characters", log -> count(Math.round(Math.pow(2, log)))));
            html.raw("</section>");
        }
    }

    private void verbs() {
        if (run.verbs().objects().isEmpty()) {
            return;
        }
        section(
                "What the instructions ask for",
                "The first verb of each of " + count(run.verbs().instructions())
                        + " instructions and the noun that follows it, where there are both; the most frequent.");
        long most = run.verbs().objects().values().stream()
                .mapToLong(HtmlReport::sum)
                .max()
                .orElse(1);
        html.raw("<div class=\"bars verbs\">");
        run.verbs().objects().forEach((verb, nouns) -> {
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
        if (run.pairs().isEmpty()) {
            return;
        }
        section(
                "Pairs",
                "Some that were kept and some for each reason why others were not, drawn at random; a click shows the response. "
                        + "Score, probability of each rating from 1 to 5, instruction.");
        html.raw(
                        "<div id=\"tools\" hidden><input type=\"search\" id=\"search\" placeholder=\"Search\" aria-label=\"Search\">")
                .raw("<select id=\"filter\" aria-label=\"Which\"><option value=\"\">all</option>");
        run.pairs().stream().map(HtmlReport::fate).distinct().forEach(fate -> html.element("option", fate));
        html.raw("</select><select id=\"sort\" aria-label=\"Order\">")
                .raw("<option value=\"\">as drawn</option><option value=\"score\">best first</option>")
                .raw("<option value=\"worst\">worst first</option><option value=\"length\">longest first</option>")
                .raw("</select><output id=\"shown\"></output></div><div id=\"pairs\">");
        run.pairs().forEach(this::pair);
        html.raw("</div></section>");
    }

    /** {@return "kept", or the reason without its detail} */
    private static String fate(Pair pair) {
        return pair.kept() ? "kept" : cut(pair.reason().split(": ", 2)[0], 60);
    }

    private void pair(Pair pair) {
        html.raw("<details data-fate=\"" + Html.escape(fate(pair)) + "\" data-score=\""
                        + (Double.isNaN(pair.score()) ? "" : pair.score()) + "\" data-length=\""
                        + pair.response().length() + "\">")
                .raw("<summary>");
        if (!Double.isNaN(pair.score())) {
            html.element("b class=\"score\"", decimal(pair.score()));
        }
        if (pair.distribution() != null) {
            html.raw("<span class=\"spark\" title=\"P(1) to P(5)\">");
            double most = Collections.max(pair.distribution());
            pair.distribution().forEach(p -> html.raw("<i style=\"height:" + percent(p, most) + "\"></i>"));
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
            source(pair.source());
        }
        html.raw("</details>");
    }

    /** A link where the source is a page of the web; nothing else can be followed. */
    private void source(String source) {
        String shown = cut(source, 300);
        if (WEB.matcher(source).matches()) {
            html.raw("<p class=\"note\"><a rel=\"noopener noreferrer nofollow\" href=\"" + Html.escape(source) + "\">")
                    .text(shown)
                    .raw("</a></p>");
        } else {
            html.element("p class=\"note\"", shown);
        }
    }

    private void seconds() {
        if (run.seconds().isEmpty()) {
            return;
        }
        double all = run.seconds().values().stream().mapToDouble(s -> s).sum();
        double most = run.seconds().values().stream().mapToDouble(s -> s).max().orElse(1);
        section("Where the time went", "Wall-clock time of each stage, stops left out; " + time(all) + " in all.");
        html.raw("<div class=\"bars thin\">");
        run.seconds().forEach((stage, seconds) -> {
            html.element("span class=\"name\"", stage);
            html.raw("<span class=\"track\"><i style=\"width:" + percent(seconds, most) + "\"></i></span>");
            html.element("span class=\"count\"", time(seconds));
        });
        html.raw("</div></section>");
    }

    private static String time(double seconds) {
        return seconds < 60
                ? String.format(Locale.ROOT, "%.1f s", seconds)
                : seconds < 3600
                        ? String.format(
                                Locale.ROOT, "%.0f min %02.0f s", Math.floor(seconds / 60), Math.floor(seconds % 60))
                        : String.format(
                                Locale.ROOT,
                                "%.0f h %02.0f min",
                                Math.floor(seconds / 3600),
                                Math.floor(seconds % 3600 / 60));
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

    private static String range(Interval interval) {
        return decimal(interval.low()) + " to " + decimal(interval.high());
    }

    private static String signed(double number) {
        return Double.isNaN(number) ? "undefined" : String.format(Locale.ROOT, "%+.2f", number);
    }

    private static String percent(double part, double whole) {
        return String.format(Locale.ROOT, "%.2f%%", whole == 0 ? 0 : 100 * part / whole);
    }
}
