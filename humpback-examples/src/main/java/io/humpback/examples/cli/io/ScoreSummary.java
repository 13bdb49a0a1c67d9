package io.humpback.examples.cli.io;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * How scores are spread, whatever their number: they are counted in at most {@value #MOST_CELLS} cells, which become wider as
 * the range grows. Quantiles are exact to a cell.
 */
public final class ScoreSummary {

    private static final int MOST_CELLS = 1024;

    private static final int BARS = 8;

    /** Fewer scores than this say nothing about a judge. */
    private static final int FEW = 20;

    /** If nine of ten ratings lie within this, the order of the pairs rests on little. */
    private static final double NARROW = 0.5;

    private TreeMap<Long, Long> cells = new TreeMap<>();
    private double width = 1.0 / 1024;
    private long count;
    private double sum;
    private double least = Double.POSITIVE_INFINITY;
    private double most = Double.NEGATIVE_INFINITY;

    /** Counts one score. */
    public void add(double score) {
        count++;
        sum += score;
        least = Math.min(least, score);
        most = Math.max(most, score);
        cells.merge((long) Math.floor(score / width), 1L, Long::sum);
        while (cells.size() > MOST_CELLS) {
            width *= 2;
            TreeMap<Long, Long> wider = new TreeMap<>();
            cells.forEach((cell, scores) -> wider.merge(Math.floorDiv(cell, 2), scores, Long::sum));
            cells = wider;
        }
    }

    /** {@return the highest score; negative infinity without any} */
    public double most() {
        return most;
    }

    /** {@return a score that a share of all scores does not exceed, exact to a cell} */
    private double quantile(double share) {
        long left = (long) Math.ceil(share * count);
        for (Map.Entry<Long, Long> cell : cells.entrySet()) {
            left -= cell.getValue();
            if (left <= 0) {
                return Math.min(most, Math.max(least, (cell.getKey() + 0.5) * width));
            }
        }
        return most;
    }

    /**
     * Adds mean, quantiles and a histogram to a summary, and a warning where the scores hardly differ.
     *
     * @param ratings whether the scores are ratings from 1 to 5
     */
    public void into(ObjectNode summary, boolean ratings) {
        if (count == 0) {
            return;
        }
        summary.put("mean_score", sum / count);
        double low = quantile(0.05);
        double high = quantile(0.95);
        summary.putObject("scores")
                .put("least", least)
                .put("p5", low)
                .put("median", quantile(0.5))
                .put("p95", high)
                .put("most", most);
        histogram(summary.putArray("histogram"), ratings ? 1 : least, ratings ? 5 : most);
        if (ratings && count >= FEW && high - low < NARROW) {
            summary.put(
                    "warning",
                    String.format(
                            Locale.ROOT,
                            "this judge hardly tells these pairs apart: 9 of 10 scores lie between %.2f and %.2f; keep a share "
                                    + "rather than what reaches a threshold, and compare with labels of your own (evaluate)",
                            low,
                            high));
        }
    }

    private void histogram(ArrayNode bars, double from, double to) {
        double step = Math.max(to - from, width) / BARS;
        long[] counts = new long[BARS];
        cells.forEach((cell, scores) -> {
            double middle = Math.min(most, Math.max(least, (cell + 0.5) * width));
            counts[(int) Math.max(0, Math.min(BARS - 1, (middle - from) / step))] += scores;
        });
        for (int i = 0; i < BARS; i++) {
            bars.addObject()
                    .put("from", from + i * step)
                    .put("to", from + (i + 1) * step)
                    .put("rows", counts[i]);
        }
    }
}
