package io.humpback.question;

import java.util.Arrays;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.LUDecomposition;
import org.apache.commons.math3.linear.RealMatrix;

/**
 * Strengths of players from how often each beat each other: i beats j with probability
 * {@code e^i / (e^i + e^j)} (Bradley and Terry 1952). Besides the games that were played each player has an undecided one,
 * of half a win and half a defeat, against a player of strength 0, so that a player who won all is still finite. Fitted by
 * minorisation and maximisation (Hunter 2004, Annals of Statistics 32), which climbs at every step.
 *
 * @param strengths natural logarithms of odds, with mean 0
 * @param deviations standard errors of the strengths, from the observed information
 */
record BradleyTerry(double[] strengths, double[] deviations) {

    /** Games against the player of strength 0. */
    private static final double PRIOR = 1;

    private static final double TOLERANCE = 1e-12;

    private static final int MOST_STEPS = 100_000;

    /**
     * {@return the strengths of some players}
     *
     * @param wins at [i][j] how often i beat j, at least 0, fractions included; [players, players]
     */
    static BradleyTerry fit(double[][] wins) {
        int players = wins.length;
        double[] worth = new double[players]; // e^strength
        Arrays.fill(worth, 1);
        for (int step = 0; step < MOST_STEPS && improve(worth, wins) > TOLERANCE; ) {
            step++;
        }
        double mean = 0;
        for (double each : worth) {
            mean += Math.log(each) / players;
        }
        double[] strengths = new double[players];
        for (int i = 0; i < players; i++) {
            strengths[i] = Math.log(worth[i]) - mean;
        }
        return new BradleyTerry(strengths, deviations(worth, wins));
    }

    /** One step; {@return the largest change of a logarithm} */
    private static double improve(double[] worth, double[][] wins) {
        double largest = 0;
        for (int i = 0; i < worth.length; i++) {
            double won = PRIOR / 2;
            double played = PRIOR / (worth[i] + 1);
            for (int j = 0; j < worth.length; j++) {
                if (j != i) {
                    won += wins[i][j];
                    played += (wins[i][j] + wins[j][i]) / (worth[i] + worth[j]);
                }
            }
            double next = won / played;
            largest = Math.max(largest, Math.abs(Math.log(next / worth[i])));
            worth[i] = next;
        }
        return largest;
    }

    /** The inverse of the information, seen from the mean of the strengths. */
    private static double[] deviations(double[] worth, double[][] wins) {
        int players = worth.length;
        RealMatrix information = new Array2DRowRealMatrix(players, players);
        for (int i = 0; i < players; i++) {
            information.addToEntry(i, i, PRIOR * variance(worth[i], 1));
            for (int j = 0; j < players; j++) {
                if (j != i) {
                    double known = (wins[i][j] + wins[j][i]) * variance(worth[i], worth[j]);
                    information.addToEntry(i, i, known);
                    information.addToEntry(i, j, -known);
                }
            }
        }
        RealMatrix covariance = new LUDecomposition(information).getSolver().getInverse();
        RealMatrix centre = new Array2DRowRealMatrix(players, players);
        for (int i = 0; i < players; i++) {
            for (int j = 0; j < players; j++) {
                centre.setEntry(i, j, (i == j ? 1 : 0) - 1.0 / players);
            }
        }
        RealMatrix centred = centre.multiply(covariance).multiply(centre);
        double[] deviations = new double[players];
        for (int i = 0; i < players; i++) {
            deviations[i] = Math.sqrt(Math.max(0, centred.getEntry(i, i)));
        }
        return deviations;
    }

    /** p (1 - p) of a game between two. */
    private static double variance(double one, double other) {
        return one * other / Math.pow(one + other, 2);
    }
}
