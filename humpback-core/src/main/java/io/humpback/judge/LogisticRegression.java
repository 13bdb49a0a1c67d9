package io.humpback.judge;

import de.bwaldvogel.liblinear.Feature;
import de.bwaldvogel.liblinear.FeatureNode;
import de.bwaldvogel.liblinear.Linear;
import de.bwaldvogel.liblinear.Model;
import de.bwaldvogel.liblinear.Parameter;
import de.bwaldvogel.liblinear.Problem;
import de.bwaldvogel.liblinear.SolverType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Logistic regression with a quadratic penalty on the weights but not on the intercept, by liblinear's Newton method (Fan et
 * al. 2008). Columns are standardised first, to a deviation of one each or less, as the penalty weighs them by it; the
 * weights are given for rows as they came.
 */
final class LogisticRegression {

    /** Where the method stops, far closer than any weight is known. */
    private static final double TOLERANCE = 1e-6;

    static {
        Linear.disableDebugOutput();
    }

    private LogisticRegression() {}

    /**
     * {@return the line that fits rows best}
     *
     * @param rows [n][d], good ones and others
     * @param deviations [d] that the columns are scaled to, above 0: a small one makes a weight costly
     * @param strength of the rows against the penalty, above 0: liblinear's and scikit-learn's C
     */
    static Line fit(double[][] rows, boolean[] good, double[] deviations, double strength) {
        int columns = deviations.length;
        double[] means = new double[columns];
        double[] factors = new double[columns];
        for (int j = 0; j < columns; j++) {
            int column = j;
            double[] values =
                    Arrays.stream(rows).mapToDouble(row -> row[column]).toArray();
            means[j] = Arrays.stream(values).average().orElseThrow();
            double mean = means[j];
            double deviation = Math.sqrt(Arrays.stream(values)
                    .map(value -> (value - mean) * (value - mean))
                    .average()
                    .orElseThrow());
            // what hardly differs tells nothing, and its rounding must not be blown up
            factors[j] = deviation > 1e-9 * Math.max(1, Math.abs(mean)) ? deviations[j] / deviation : 0;
        }
        Problem problem = new Problem();
        problem.l = rows.length;
        problem.n = columns + 1;
        problem.bias = 1;
        problem.x = new Feature[rows.length][];
        problem.y = new double[rows.length];
        for (int i = 0; i < rows.length; i++) {
            List<Feature> features = new ArrayList<>(columns + 1);
            for (int j = 0; j < columns; j++) {
                if (factors[j] > 0) {
                    features.add(new FeatureNode(j + 1, (rows[i][j] - means[j]) * factors[j]));
                }
            }
            features.add(new FeatureNode(columns + 1, 1));
            problem.x[i] = features.toArray(Feature[]::new);
            problem.y[i] = good[i] ? 1 : 0;
        }
        Parameter parameter = new Parameter(SolverType.L2R_LR, strength, TOLERANCE);
        parameter.setRegularizeBias(false);
        return line(Linear.train(problem, parameter), means, factors);
    }

    private static Line line(Model model, double[] means, double[] factors) {
        double[] found = model.getFeatureWeights();
        int sign = model.getLabels()[0] == 1 ? 1 : -1; // weights speak for the first label met
        double[] weights = new double[means.length];
        double intercept = sign * found[means.length];
        for (int j = 0; j < weights.length; j++) {
            weights[j] = sign * found[j] * factors[j];
            intercept -= weights[j] * means[j];
        }
        return new Line(weights, intercept);
    }
}
