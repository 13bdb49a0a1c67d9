package io.humpback.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

class PairCuratorTest {

    private static final StructType SCORED =
            new StructType().add("id", DataTypes.StringType).add("value", DataTypes.DoubleType);

    private final SparkSession spark = Sessions.local();

    /** Scores of which many are equal, some negative or zero of either sign; some rows have none. */
    private static List<Row> rows(int count) {
        Random random = new Random(3);
        return IntStream.range(0, count)
                .mapToObj(i -> RowFactory.create(
                        "r" + i,
                        switch (i % 11) {
                            case 0 -> null;
                            case 1 -> -0.0;
                            case 2, 3 -> (double) (random.nextInt(5) - 1);
                            default -> 4 * random.nextDouble() - 1;
                        }))
                .toList();
    }

    private Dataset<Row> table(List<Row> rows, int partitions) {
        return spark.createDataset(rows, Encoders.row(SCORED)).repartition(partitions);
    }

    private static Set<String> ids(Dataset<Row> rows) {
        return rows.collectAsList().stream()
                .map(row -> row.<String>getAs("id"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void asManyOfTheBestAreKeptAsAsked() {
        List<Row> rows = rows(700);
        List<Double> best = rows.stream()
                .filter(row -> !row.isNullAt(1))
                .map(row -> row.getDouble(1) + 0.0)
                .sorted(Comparator.reverseOrder())
                .toList();
        for (int budget : new int[] {1, 2, 63, 150, best.size() - 1, best.size(), 5000}) {
            PairCurator curator = new PairCurator().setScoreCol("value").setBudget(budget);
            List<Double> kept = curator.transform(table(rows, 3)).collectAsList().stream()
                    .map(row -> row.getDouble(1) + 0.0)
                    .sorted(Comparator.reverseOrder())
                    .toList();
            assertEquals(best.subList(0, Math.min(budget, best.size())), kept);
        }
    }

    @Test
    void whichOfEqualScoresAreKeptDoesNotDependOnPartitions() {
        List<Row> equal = IntStream.range(0, 100)
                .mapToObj(i -> RowFactory.create("r" + i, 3.0))
                .toList();
        PairCurator curator = new PairCurator().setScoreCol("value").setTopShare(0.37);
        Set<String> kept = ids(curator.transform(table(equal, 1)));
        assertEquals(37, kept.size());
        assertEquals(kept, ids(curator.transform(table(equal, 8))));
    }

    @Test
    void aThresholdKeepsWhatReachesIt() {
        List<Row> rows = rows(200);
        long expected = rows.stream()
                .filter(row -> !row.isNullAt(1) && row.getDouble(1) >= 2)
                .count();
        assertTrue(expected > 0);
        assertEquals(
                expected,
                new PairCurator()
                        .setScoreCol("value")
                        .setThreshold(2)
                        .transform(table(rows, 2))
                        .count());
    }

    @Test
    void nothingIsKeptOfNothing() {
        assertEquals(
                0,
                new PairCurator()
                        .setScoreCol("value")
                        .transform(table(List.of(), 1))
                        .count());
    }

    @Test
    void whatContradictsItselfIsRefused() {
        Dataset<Row> rows = table(rows(3), 1);
        PairCurator both =
                new PairCurator().setScoreCol("value").setThreshold(2).setBudget(3);
        assertThrows(IllegalArgumentException.class, () -> both.transform(rows));
        assertEquals(
                "id: found a column of string, expected double",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> new PairCurator().setScoreCol("id").transform(rows))
                        .getMessage());
    }
}
