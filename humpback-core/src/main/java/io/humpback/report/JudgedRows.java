package io.humpback.report;

import io.humpback.quality.Labels;
import io.humpback.quality.Worth;
import io.humpback.quality.Worth.Estimate;
import io.humpback.report.RunReport.Judge;
import java.util.Optional;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What a judge said of rows, in their order, beside what people said of some of them. Not thread-safe. */
final class JudgedRows {

    private static final double CONFIDENCE = 0.95;

    private final DoubleStream.Builder scores = DoubleStream.builder();
    private final IntStream.Builder kept = IntStream.builder();
    private final DoubleStream.Builder labelled = DoubleStream.builder();
    private final DoubleStream.Builder labels = DoubleStream.builder();
    private final Worth.Rows rows = new Worth.Rows();

    /**
     * Takes a row.
     *
     * @param score NaN if it has none
     * @param label NaN if it has none
     * @param drawnWith the probability with which it was drawn to be labelled; NaN if that is not known
     */
    void add(double score, boolean keeps, double label, double drawnWith) {
        if (Double.isNaN(score)) {
            return;
        }
        scores.add(score);
        kept.add(keeps ? 1 : 0);
        rows.add(score, label, drawnWith);
        if (!Double.isNaN(label)) {
            labelled.add(score);
            labels.add(label);
        }
    }

    /**
     * {@return the judge beside the labels; nothing without any} No row can be added any more.
     *
     * @param decides whether it is known which rows are kept
     */
    Optional<Judge> judge(String name, boolean decides) {
        if (rows.labelled() == 0) {
            return Optional.empty();
        }
        double[] theirs = labels.build().toArray();
        Worth worth = rows.worth(Labels::good);
        int[] keeps = kept.build().toArray();
        Estimate all = worth.of(row -> true, CONFIDENCE);
        @Nullable Estimate some = decides ? worth.of(row -> keeps[row] == 1, CONFIDENCE) : null;
        return Optional.of(Judge.of(name, labelled.build().toArray(), theirs, all, some));
    }
}
