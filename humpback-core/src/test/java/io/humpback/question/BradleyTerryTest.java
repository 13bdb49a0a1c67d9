package io.humpback.question;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Against the same posterior maximised by scipy 's BFGS, with numerical second derivatives. */
class BradleyTerryTest {

    private static void assertFit(double[][] wins, double[] strengths, double[] deviations) {
        BradleyTerry fit = BradleyTerry.fit(wins);
        assertArrayEquals(strengths, fit.strengths(), 1e-6);
        assertArrayEquals(deviations, fit.deviations(), 1e-6);
    }

    @Test
    void fractionsOfAWinCount() {
        assertFit(
                new double[][] {{0, .8, .9, .7}, {.2, 0, .6, .55}, {.1, .4, 0, .35}, {.3, .45, .65, 0}},
                new double[] {0.78283023, -0.13172708, -0.56128686, -0.08981629},
                new double[] {0.87134754, 0.80187905, 0.83333182, 0.80100018});
    }

    @Test
    void aCleanSweepStaysFinite() {
        assertFit(
                new double[][] {{0, 1, 1}, {0, 0, 1}, {0, 0, 0}},
                new double[] {1.29457262, 0, -1.29457262},
                new double[] {1.14027685, 0.96096644, 1.14027685});
    }

    /** Maximum likelihood without the undecided games is 1.15410, 0.10313, -0.34072, -0.91651 (choix 0.4). */
    @Test
    void manyGamesOutweighTheUndecidedOnes() {
        assertFit(
                new double[][] {{0, 10, 15, 0}, {5, 0, 9, 12}, {2, 8, 0, 10}, {0, 4, 6, 0}},
                new double[] {1.11151652, 0.10232764, -0.33172876, -0.88211539},
                new double[] {0.32726986, 0.23391406, 0.23222651, 0.3010398});
    }

    @Test
    void noGamesMeanNoDifference() {
        BradleyTerry fit = BradleyTerry.fit(new double[1][1]);
        assertArrayEquals(new double[] {0}, fit.strengths());
        assertArrayEquals(new double[] {0}, fit.deviations());
        assertArrayEquals(new double[3], BradleyTerry.fit(new double[3][3]).strengths());
    }

    @Property(tries = 100)
    void strengthsRiseWithWinsAndAddUpToNothing(@ForAll @IntRange(min = 2, max = 12) int players, @ForAll long seed) {
        Random random = new Random(seed);
        double[][] wins = new double[players][players];
        for (int i = 0; i < players; i++) {
            for (int j = 0; j < i; j++) {
                wins[i][j] = random.nextDouble();
                wins[j][i] = 1 - wins[i][j];
            }
        }
        BradleyTerry fit = BradleyTerry.fit(wins);
        assertEquals(0, Arrays.stream(fit.strengths()).sum(), 1e-9);
        double[] won =
                Arrays.stream(wins).mapToDouble(row -> Arrays.stream(row).sum()).toArray();
        for (int i = 0; i < players; i++) {
            for (int j = 0; j < players; j++) { // all play all, so wins decide the order
                assertTrue(won[i] <= won[j] + 1e-9 || fit.strengths()[i] >= fit.strengths()[j] - 1e-9);
            }
            assertTrue(fit.deviations()[i] > 0 && fit.deviations()[i] < 3);
        }
    }
}
