package io.humpback.report;

import io.humpback.quality.Detection;
import io.humpback.quality.Detection.Bin;
import io.humpback.quality.Detection.Cut;
import io.humpback.report.RunReport.Curve;
import io.humpback.report.RunReport.Judge;
import io.humpback.report.RunReport.Named;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.knowm.xchart.ChartEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Plots as SVG fragments. XChart draws them in colours that stand for roles, which are then replaced by the variables of
 * the page's style sheet ({@code --ink}, {@code --grid}, {@code --s1} ... {@code --s6}), so that one drawing serves in
 * light and in dark.
 */
final class Charts {

    private static final int WIDTH = 560;
    private static final int HEIGHT = 320;

    /** Width of one of two plots in a row. */
    private static final int HALF_WIDTH = 430;

    private static final int SERIES = 6;
    private static final int FILL = 40; // of 255, so that what lies behind is seen

    /** More points than these cannot be seen. */
    private static final int POINTS = 400;

    private static final Color NONE = new Color(0, 0, 0, 0);
    private static final Color INK = new Color(1, 2, 3);
    private static final Color GRID = new Color(4, 5, 6);

    private static final Pattern COLOR = Pattern.compile("rgb\\((\\d+),(\\d+),(\\d+)\\)");
    private static final Pattern INVISIBLE = Pattern.compile("\\s*<[^<>]*fill-opacity:0;stroke:none;[^<>]*/>");
    private static final Pattern LONG_NUMBER = Pattern.compile("(\\d+\\.\\d)\\d+");
    private static final Pattern CLIP = Pattern.compile("clip(-?\\d+)");

    private int clips;

    /** {@return histograms over each other, each as shares of its own total} */
    String histograms(List<Named<Histogram>> histograms, String xTitle, Function<Double, String> xLabel) {
        XYChart chart = chart(WIDTH, xTitle, "share, %", XYSeriesRenderStyle.StepArea, histograms.size());
        chart.getStyler().setXAxisTickLabelsFormattingFunction(xLabel).setYAxisMin(0.0);
        for (Named<Histogram> each : histograms) {
            double[] edges = each.value().edges();
            long[] counts = each.value().counts();
            double total = Math.max(1, each.value().total());
            double[] shares = new double[edges.length];
            for (int i = 0; i < edges.length; i++) {
                shares[i] = 100 * counts[Math.min(i, counts.length - 1)] / total;
            }
            XYSeries series = add(chart, each.name(), edges, shares);
            series.setFillColor(new Color(10, 0, (chart.getSeriesCollection().size() - 1) % SERIES + 1, FILL));
        }
        chart.getStyler().setXAxisMin(histograms.get(0).value().edges()[0]);
        return svg(chart);
    }

    /** {@return losses by step} */
    String losses(List<Curve> curves) {
        XYChart chart = chart(WIDTH, "step", "loss, nats a token", XYSeriesRenderStyle.Line, curves.size());
        chart.getStyler().setXAxisTickMarkSpacingHint(90);
        Map<String, Integer> trainings = new HashMap<>();
        for (Curve curve : curves) {
            int stride = Math.max(1, (curve.steps().length + POINTS - 1) / POINTS);
            int n = (curve.steps().length + stride - 1) / stride;
            double[] steps = new double[n];
            double[] losses = new double[n];
            for (int i = 0; i < n; i++) {
                int end = Math.min(curve.losses().length, (i + 1) * stride);
                steps[i] = curve.steps()[i * stride];
                losses[i] =
                        Arrays.stream(curve.losses(), i * stride, end).average().orElseThrow();
            }
            XYSeries series = add(chart, curve.name(), uneven(steps), losses);
            String training = curve.name().replaceFirst(Curve.HELD_OUT + "$", "");
            trainings.putIfAbsent(training, trainings.size());
            series.setLineColor(color(trainings.get(training)));
            if (!training.equals(curve.name())) {
                series.setShowInLegend(false); // in its training's colour
                series.setMarker(SeriesMarkers.CIRCLE);
                series.setMarkerColor(color(trainings.get(training)));
                series.setLineStyle(
                        new BasicStroke(2, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 10, new float[] {5, 4}, 0));
            }
        }
        return svg(chart);
    }

    private static Color color(int series) {
        return new Color(10, 0, series % SERIES + 1);
    }

    /** {@return precision over recall} */
    String precisionRecall(List<Judge> judges) {
        XYChart chart = chart(HALF_WIDTH, "recall", "precision", XYSeriesRenderStyle.Line, judges.size());
        unit(chart.getStyler().setXAxisMin(0.0).setXAxisMax(1.0));
        for (Judge judge : judges) {
            List<Cut> cuts = judge.detection().cuts();
            int points = Math.min(POINTS, cuts.size());
            double[] recall = new double[points];
            double[] precision = new double[points];
            for (int i = 0; i < points; i++) {
                Cut cut = cuts.get((int) ((i + 1L) * cuts.size() / points - 1));
                recall[i] = cut.recall();
                precision[i] = cut.precision();
            }
            add(chart, judge.name(), uneven(recall), precision);
        }
        return svg(chart);
    }

    /** {@return the share of good rows over the score} */
    String calibration(List<Judge> judges) {
        XYChart chart = chart(HALF_WIDTH, "score", "share of good pairs", XYSeriesRenderStyle.Line, judges.size());
        unit(chart.getStyler());
        for (Judge judge : judges) {
            List<Bin> bins = bins(judge.detection()).stream()
                    .filter(bin -> bin.count() > 0)
                    .toList();
            add(
                            chart,
                            judge.name(),
                            bins.stream().mapToDouble(Bin::meanScore).toArray(),
                            bins.stream().mapToDouble(Bin::rate).toArray())
                    .setMarker(SeriesMarkers.CIRCLE);
        }
        return svg(chart);
    }

    /** On the scale of ratings, or, if the scores are none, on their own. */
    private static List<Bin> bins(Detection detection) {
        List<Cut> cuts = detection.cuts();
        double high = cuts.get(0).threshold();
        double low = cuts.get(cuts.size() - 1).threshold();
        boolean ratings = low >= 1 && high <= 5;
        return high > low || ratings
                ? detection.calibration(ratings ? 1 : low, ratings ? 5 : high, 8)
                : detection.calibration(low, low + 1, 1);
    }

    /** Moves the first by a hair: XChart puts its ticks on data that are evenly spaced, and not on round numbers. */
    private static double[] uneven(double[] ascending) {
        double last = ascending[ascending.length - 1];
        ascending[0] += 1e-3 * (last - ascending[0]);
        return ascending;
    }

    /** A number without the digits that rounding leaves. */
    static String label(double number) {
        return BigDecimal.valueOf(number)
                .setScale(4, RoundingMode.HALF_EVEN)
                .stripTrailingZeros()
                .toPlainString();
    }

    private static void unit(AxesChartStyler styler) {
        styler.setYAxisMin(0.0).setYAxisMax(1.0);
    }

    private static XYSeries add(XYChart chart, String name, double[] x, double[] y) {
        String unique = name;
        for (int i = 2; chart.getSeries(unique) != null; i++) {
            unique = name + " (" + i + ")";
        }
        XYSeries series = chart.addSeries(unique, x, y);
        series.setMarker(SeriesMarkers.NONE);
        series.setLineStyle(new BasicStroke(2));
        return series;
    }

    private static XYChart chart(int width, String xTitle, String yTitle, XYSeriesRenderStyle kind, int series) {
        XYChart chart = new XYChartBuilder()
                .width(width)
                .height(HEIGHT)
                .xAxisTitle(xTitle)
                .yAxisTitle(yTitle)
                .build();
        XYStyler styler = chart.getStyler();
        styler.setDefaultSeriesRenderStyle(kind);
        styler.setXAxisTickLabelsFormattingFunction(Charts::label);
        styler.setYAxisTickLabelsFormattingFunction(Charts::label);
        styler.setChartBackgroundColor(NONE);
        styler.setPlotBackgroundColor(NONE);
        styler.setPlotBorderVisible(false);
        styler.setBaseFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
        styler.setChartFontColor(INK);
        styler.setXAxisTitleColor(INK);
        styler.setYAxisTitleColor(INK);
        styler.setAxisTickLabelsColor(INK);
        styler.setAxisTickMarksColor(GRID);
        styler.setPlotGridLinesColor(GRID);
        styler.setPlotGridLinesStroke(new BasicStroke(1));
        styler.setPlotGridVerticalLinesVisible(false);
        styler.setAxisTitleFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
        styler.setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
        styler.setLegendFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
        styler.setLegendBackgroundColor(NONE);
        styler.setLegendBorderColor(NONE);
        styler.setLegendPosition(LegendPosition.OutsideS);
        styler.setLegendLayout(LegendLayout.Horizontal);
        styler.setLegendVisible(series > 1);
        Color[] colors = new Color[SERIES];
        for (int i = 0; i < SERIES; i++) {
            colors[i] = color(i);
        }
        styler.setSeriesColors(colors);
        return chart;
    }

    private String svg(XYChart chart) {
        String svg;
        try {
            svg = new String(ChartEncoder.getBytes(chart, "svg"), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        svg = svg.substring(svg.indexOf("<svg")).strip();
        svg = INVISIBLE.matcher(svg).replaceAll("");
        svg = LONG_NUMBER.matcher(svg).replaceAll("$1");
        svg = COLOR.matcher(svg).replaceAll(found -> Matcher.quoteReplacement(role(found)));
        svg = clips(svg);
        return svg.replaceFirst("<svg[^>]*>", "<svg viewBox=\"0 0 " + chart.getWidth() + " " + HEIGHT + "\">")
                .replaceAll(">\\s+<", "><");
    }

    private static String role(MatchResult color) {
        return switch (color.group(1)) {
            case "1" -> "var(--ink)";
            case "4" -> "var(--grid)";
            case "10" -> "var(--s" + color.group(3) + ")";
            default -> "var(--muted)";
        };
    }

    /** Names of clipping paths differ from run to run, and may meet in one page. */
    private String clips(String svg) {
        Matcher clip = CLIP.matcher(svg);
        Map<String, String> names = new HashMap<>();
        return clip.replaceAll(found -> names.computeIfAbsent(found.group(1), name -> "plot-" + clips++));
    }
}
