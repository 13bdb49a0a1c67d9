package io.humpback.quality;

import java.util.Arrays;
import java.util.Random;
import org.apache.commons.math3.distribution.NormalDistribution;

/**
 * Rows whose truth is known, the best first, and a judge of them; some have labels, drawn evenly or more often from the best
 * fifth.
 */
record SimulatedWorld(double[] scores, boolean[] good, int[] labelled, double[] drawnWith) {

    /**
     * {@return a world}
     *
     * @param baseRate share of good rows
     * @param area the judge's ROC-AUC, in [0.5, 1]
     */
    static SimulatedWorld of(long seed, int rows, int labels, double baseRate, double area) {
        Random random = new Random(seed);
        double distance =
                area == 1 ? 8 : Math.sqrt(2) * new NormalDistribution(null, 0, 1).inverseCumulativeProbability(area);
        boolean squeezed = random.nextBoolean();
        double[][] judged = new double[rows][];
        for (int i = 0; i < rows; i++) {
            boolean good = random.nextDouble() < baseRate;
            double score = random.nextGaussian() + (good ? distance : 0);
            judged[i] = new double[] {squeezed ? 1 + 4 / (1 + Math.exp(distance / 2 - score)) : score, good ? 1 : 0};
        }
        Arrays.sort(judged, (a, b) -> Double.compare(b[0], a[0]));
        double[] probability = new double[rows];
        int best = random.nextBoolean() ? rows / 5 : 0; // half of the labels are of these
        draw(random, 0, best, Math.min(best, labels / 2), probability);
        draw(random, best, rows, labels - Math.min(best, labels / 2), probability);
        int[] labelled = java.util.stream.IntStream.range(0, rows)
                .filter(i -> probability[i] > 0)
                .toArray();
        boolean[] good = new boolean[rows];
        for (int i = 0; i < rows; i++) {
            good[i] = judged[i][1] == 1;
        }
        return new SimulatedWorld(
                Arrays.stream(judged).mapToDouble(row -> row[0]).toArray(),
                good,
                labelled,
                Arrays.stream(labelled).mapToDouble(i -> probability[i]).toArray());
    }

    private static void draw(Random random, int from, int to, int count, double[] probability) {
        for (int left = count, row = from; row < to; row++) {
            if (random.nextInt(to - row) < left) {
                probability[row] = (double) count / (to - from);
                left--;
            }
        }
    }

    int rows() {
        return scores.length;
    }

    Worth worth() {
        boolean[] labels = new boolean[labelled.length];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = good[labelled[i]];
        }
        return Worth.of(scores, labelled, labels, drawnWith);
    }

    /** {@return the share of good rows among the best of them} */
    double precision(double share) {
        int kept = 0;
        int found = 0;
        for (int row = 0; row < share * rows(); row++) {
            kept++;
            found += good[row] ? 1 : 0;
        }
        return (double) found / kept;
    }
}
