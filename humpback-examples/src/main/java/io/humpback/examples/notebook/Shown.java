package io.humpback.examples.notebook;

import io.humpback.Score;
import io.humpback.report.HtmlReport;
import io.humpback.report.RunReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Values as HTML for the output of a notebook's cell. A report is a page within the page: it cannot reach the notebook, and its own
 * policy lets nothing but its script run, so that no text in it does anything.
 */
public final class Shown {

    /** What can be shown; by name, since a class that is not found once is never looked for again by those that name it. */
    private static final List<String> TYPES = List.of("io.humpback.Score", "io.humpback.report.RunReport");

    private static final int SECTION = 420;
    private static final int HEAD = 160;
    private static final int MOST = 900;

    private Shown() {}

    /** {@return what can be shown, as far as it is there: kernels take jars one by one, and ask after each} */
    static List<Class<?>> types() {
        List<Class<?>> types = new ArrayList<>();
        for (String name : TYPES) {
            try {
                types.add(Class.forName(name, false, Shown.class.getClassLoader()));
            } catch (ClassNotFoundException e) {
                // its jar comes later
            }
        }
        return types;
    }

    /**
     * {@return a score or a report as HTML}
     *
     * @throws IllegalArgumentException if it is neither
     */
    public static String html(Object value) {
        if (value instanceof Score score) {
            return html(score);
        } else if (value instanceof RunReport report) {
            return html(report);
        }
        throw new IllegalArgumentException(
                value.getClass().getName() + ": cannot be shown, expected a Score or a RunReport");
    }

    /** {@return a value in a line of plain text, for where no HTML is shown} */
    static String text(Object value) {
        return value instanceof RunReport report
                ? report.title() + ": "
                        + String.join(
                                ", ",
                                report.funnel().stream()
                                        .map(step -> step.items() + " " + step.name())
                                        .toList())
                : String.valueOf(value);
    }

    private static String html(Score score) {
        StringBuilder html = new StringBuilder("<table style=\"border-collapse:collapse\"><tr><td rowspan=\"6\""
                + " style=\"font-size:2em;padding-right:1em;vertical-align:middle\">"
                + String.format(Locale.ROOT, "%.2f", score.value()) + "</td></tr>");
        for (int i = 0; i < score.distribution().size(); i++) {
            double p = score.distribution().get(i);
            html.append(String.format(
                    Locale.ROOT,
                    "<tr><td>%d</td><td style=\"width:12em;text-align:left\"><div style=\"width:%.1f%%;height:.8em;"
                            + "background:#1f6fb2\"></div></td><td>%.2f</td></tr>",
                    i + 1,
                    100 * p,
                    p));
        }
        html.append("</table>");
        score.signals().forEach((name, number) -> html.append("<div>")
                .append(escape(name))
                .append(" = ")
                .append(escape(String.valueOf(number)))
                .append("</div>"));
        score.reasoning().forEach(text -> html.append("<pre style=\"white-space:pre-wrap\">")
                .append(escape(text))
                .append("</pre>"));
        return html.toString();
    }

    private static String html(RunReport report) {
        int sections = (report.funnel().isEmpty() ? 0 : 1)
                + (report.scores().isEmpty() ? 0 : 1)
                + (report.judges().isEmpty() ? 0 : 1)
                + (report.pairs().isEmpty() ? 0 : 1);
        return "<iframe sandbox=\"allow-scripts\" title=\"report\" style=\"width:100%;height:"
                + Math.min(MOST, HEAD + SECTION * sections) + "px;border:0;resize:vertical\" srcdoc=\""
                + escape(HtmlReport.of(report)) + "\"></iframe>";
    }

    /** {@return a text that is but a text, also in an attribute} */
    private static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }
}
