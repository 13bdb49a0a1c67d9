package io.humpback.quality;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.ReferenceData;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class AgreementTest {

    private static final double TOLERANCE = 1e-9;

    /** Reference statistics; the test is skipped where they are absent. */
    static JsonNode goldens() throws IOException {
        return ReferenceData.json("data/golden/judge-stats.json");
    }

    static double[] numbers(JsonNode list) {
        double[] numbers = new double[list.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = list.get(i).doubleValue();
        }
        return numbers;
    }

    /** A null is undefined. */
    private static void same(JsonNode expected, double actual, String what) {
        assertEquals(expected.isNull() ? Double.NaN : expected.doubleValue(), actual, TOLERANCE, what);
    }

    @Test
    void theNumbersAreThoseOfTheReference() throws IOException {
        JsonNode sets = goldens().get("sets");
        assertTrue(sets.size() >= 9);
        for (JsonNode set : sets) {
            String name = set.get("name").textValue();
            Agreement agreement = Agreement.of(numbers(set.get("scores")), numbers(set.get("human")));
            assertEquals(set.get("n").intValue(), agreement.rows());
            same(set.get("pearson"), agreement.pearson(), name + " Pearson");
            same(set.get("spearman"), agreement.spearman(), name + " Spearman");
            same(set.get("kendall_tau_b"), agreement.kendall(), name + " Kendall");
            same(set.get("quadratic_weighted_kappa"), agreement.quadraticKappa(), name + " kappa");
            same(set.get("mean_absolute_error"), agreement.meanAbsoluteError(), name + " absolute error");
            same(set.get("mean_error"), agreement.meanError(), name + " error");
            same(set.get("exact_agreement_of_rounded"), agreement.exact(), name + " exact");
            Detection detection =
                    agreement.detecting(set.get("positive_if_human_at_least").doubleValue());
            assertEquals(set.get("n_positive").intValue(), detection.positives(), name);
            same(set.get("roc_auc"), detection.rocAuc(), name + " AUC");
            same(set.get("average_precision"), detection.averagePrecision(), name + " average precision");
            for (JsonNode at : set.get("thresholds")) {
                Detection.Cut cut = detection.at(at.get("score_at_least").doubleValue());
                String place = name + " at " + cut.threshold();
                assertEquals(at.get("tp").intValue(), cut.truePositives(), place);
                assertEquals(at.get("fp").intValue(), cut.falsePositives(), place);
                assertEquals(at.get("fn").intValue(), cut.falseNegatives(), place);
                assertEquals(at.get("tn").intValue(), cut.trueNegatives(), place);
                assertEquals(at.get("kept").intValue(), cut.kept(), place);
                same(at.get("precision"), cut.precision(), place);
                same(at.get("recall"), cut.recall(), place);
                same(at.get("f1"), cut.f1(), place);
            }
        }
    }

    @Property(tries = 200)
    void kendallCountsPairs(@ForAll @Size(min = 2, max = 30) List<@IntRange(max = 6) Integer> x, @ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] scores = x.stream().mapToDouble(Integer::doubleValue).toArray();
        double[] labels = DoubleStream.generate(() -> random.nextInt(4))
                .limit(scores.length)
                .toArray();
        double agreeing = 0;
        double untiedScores = 0;
        double untiedLabels = 0;
        for (int i = 0; i < scores.length; i++) {
            for (int j = 0; j < i; j++) {
                agreeing += Math.signum(scores[i] - scores[j]) * Math.signum(labels[i] - labels[j]);
                untiedScores += scores[i] != scores[j] ? 1 : 0;
                untiedLabels += labels[i] != labels[j] ? 1 : 0;
            }
        }
        double expected = agreeing / Math.sqrt(untiedScores * untiedLabels);
        assertEquals(expected, Agreement.of(scores, labels).kendall(), 1e-12);
    }

    @Property(tries = 200)
    void ranksDoNotCareForTheScaleOfScores(@ForAll @Size(min = 3, max = 20) List<@IntRange(max = 8) Integer> x) {
        double[] scores = x.stream().mapToDouble(Integer::doubleValue).toArray();
        double[] labels =
                DoubleStream.iterate(1, i -> i + 1).limit(scores.length).toArray();
        double[] stretched = DoubleStream.of(scores).map(s -> Math.exp(s) - 50).toArray();
        assertEquals(
                Agreement.of(scores, labels).spearman(),
                Agreement.of(stretched, labels).spearman(),
                1e-12);
        assertEquals(
                Agreement.of(scores, labels).detecting(2).rocAuc(),
                Agreement.of(stretched, labels).detecting(2).rocAuc(),
                1e-12);
    }

    @Test
    void nothingAndOneRowAreUndefinedAndNoFault() {
        for (double[] column : new double[][] {{}, {3}}) {
            Agreement agreement = Agreement.of(column, column);
            assertEquals(Double.NaN, agreement.pearson());
            assertEquals(Double.NaN, agreement.spearman());
            assertEquals(Double.NaN, agreement.kendall());
            assertEquals(Double.NaN, agreement.quadraticKappa());
            assertEquals(Double.NaN, agreement.detecting(1).rocAuc());
        }
        assertEquals(Double.NaN, Agreement.of(new double[0], new double[0]).exact());
    }

    @Test
    void aConstantThatIsNoDyadicFractionIsStillConstant() {
        double[] constant = DoubleStream.generate(() -> 3.3).limit(7).toArray();
        double[] labels = {1, 2, 3, 4, 5, 1, 2};
        assertEquals(Double.NaN, Agreement.of(constant, labels).pearson());
        assertEquals(Double.NaN, Agreement.of(labels, constant).spearman());
    }

    @Test
    void theTwoZerosAreEqual() {
        double[] scores = {0.0, -0.0, 1};
        double[] labels = {1, 2, 3};
        assertEquals(2 / Math.sqrt(2 * 3), Agreement.of(scores, labels).kendall(), 1e-12);
        assertEquals(
                0.5, Detection.of(scores, new boolean[] {true, false, false}).rocAuc() * 2, 1e-12);
    }

    @Test
    void theScaleIsKnown() {
        assertTrue(Agreement.of(new double[] {1, 5}, new double[] {2, 4.5}).onOneScale());
        assertFalse(Agreement.of(new double[] {-3.2, 5}, new double[] {2, 4}).onOneScale());
        assertFalse(Agreement.of(new double[] {1, 5}, new double[] {0, 1}).onOneScale());
    }

    @Test
    void columnsThatDoNotFitAreRefused() {
        assertEquals(
                "rows: found 1 and 2, expected the same number",
                assertThrows(IllegalArgumentException.class, () -> Agreement.of(new double[1], new double[2]))
                        .getMessage());
        assertEquals(
                "row 1: found NaN and 0.0, expected finite numbers",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> Agreement.of(new double[] {0, Double.NaN}, new double[2]))
                        .getMessage());
    }
}
