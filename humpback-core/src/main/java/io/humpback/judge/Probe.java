package io.humpback.judge;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A line through what a model has made of pairs after one of its layers, and through what judges say of them.
 *
 * @param form what it reads
 * @param line weights of the states that it reads, then of the first signals
 */
record Probe(Form form, Line line) {

    /** Signals that it reads, the first ones: rating, likelihood and gain. */
    static final int SIGNALS = 3;

    /** How strongly rows count against the penalty: what is tried. */
    private static final double[] STRENGTHS = {0.01, 0.1, 1, 10, 100};

    /**
     * What is chosen by cross-validation.
     *
     * @param layer place of the layer among those that were read
     * @param parts of its states that are read, each as wide as the model: 1 for the last token, 2 for the mean too
     * @param strength of the rows against the penalty
     */
    record Form(int layer, int parts, double strength) {

        /** {@return the first numbers of the layer's states, then the signals} */
        private double[] row(Evidence evidence, int states) {
            double[] row = new double[states + SIGNALS];
            for (int i = 0; i < states; i++) {
                row[i] = evidence.states()[layer][i];
            }
            System.arraycopy(evidence.signals(), 0, row, states, SIGNALS);
            return row;
        }
    }

    /**
     * A probe, and what it would have said of each row had the row not been among those it learned from.
     *
     * @param probe learned from all rows
     * @param unseen log odds of each row by a probe of the same form that has not seen it
     */
    record Learned(Probe probe, double[] unseen) {}

    /** {@return the same probe for evidence that holds the layer's states alone} */
    Probe readingOneLayer() {
        return new Probe(new Form(0, form.parts, form.strength), line);
    }

    /** {@return the log odds that a pair is good} */
    double at(Evidence evidence) {
        return line.at(form.row(evidence, line.weights().length - SIGNALS));
    }

    /**
     * {@return the probe whose form does best on rows it has not seen}
     *
     * @param rows of both kinds
     * @param width of a state
     */
    static Learned learn(Rows rows, int width, int folds, long seed) {
        Folds parts = Folds.of(rows, folds, seed);
        List<Form> forms = forms(rows.evidence().get(0), width);
        double[][] unseen = forms.stream()
                .parallel()
                .map(form -> unseen(form, rows, width, parts))
                .toArray(double[][]::new);
        int best = IntStream.range(0, unseen.length)
                .boxed()
                .min(Comparator.comparingDouble(i -> loss(unseen[i], rows.good())))
                .orElseThrow();
        return new Learned(fit(forms.get(best), rows, width), unseen[best]);
    }

    private static List<Form> forms(Evidence first, int width) {
        List<Form> forms = new ArrayList<>();
        for (double strength : STRENGTHS) {
            for (int layer = 0; layer < first.states().length; layer++) {
                for (int parts = 1; parts <= first.states()[layer].length / width; parts++) {
                    forms.add(new Form(layer, parts, strength));
                }
            }
        }
        return forms;
    }

    private static double[] unseen(Form form, Rows rows, int width, Folds folds) {
        double[] unseen = new double[rows.size()];
        for (int part = 0; part < folds.count(); part++) {
            Probe probe = fit(form, rows.at(folds.rows(part, false)), width);
            for (int row : folds.rows(part, true)) {
                unseen[row] = probe.at(rows.evidence().get(row));
            }
        }
        return unseen;
    }

    private static double loss(double[] logOdds, boolean[] good) {
        double sum = 0;
        for (int i = 0; i < good.length; i++) {
            sum += Line.loss(logOdds[i], good[i]);
        }
        return sum;
    }

    private static Probe fit(Form form, Rows rows, int width) {
        int states = form.parts * width;
        double[] deviations = new double[states + SIGNALS];
        Arrays.fill(deviations, 1);
        // each part of the states weighs as much as one signal, however wide the model is
        Arrays.fill(deviations, 0, states, 1 / Math.sqrt(width));
        double[][] numbers =
                rows.evidence().stream().map(of -> form.row(of, states)).toArray(double[][]::new);
        return new Probe(form, LogisticRegression.fit(numbers, rows.good(), deviations, form.strength));
    }
}
