package io.humpback.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.quality.NearDuplicates;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;

class NearDuplicateFilterTest {

    private final SparkSession spark = Sessions.local();

    /** Chains of texts of which each changes a few words of the one before, so that distant ones are unlike. */
    private static List<Row> chains() {
        Random random = new Random(5);
        List<Integer> ids = new ArrayList<>(IntStream.range(0, 72).boxed().toList());
        Collections.shuffle(ids, random);
        List<Row> rows = new ArrayList<>();
        for (int chain = 0; chain < 6; chain++) {
            List<String> words = new ArrayList<>(IntStream.range(0, 60)
                    .mapToObj(i -> "w" + random.nextInt(100_000))
                    .toList());
            for (int i = 0; i < 12; i++) {
                words.set(random.nextInt(words.size()), "x" + random.nextInt(100_000));
                rows.add(RowFactory.create(String.format("%02d", ids.get(rows.size())), "", String.join(" ", words)));
            }
        }
        return rows;
    }

    @Test
    void theTextsKeptAreThoseKeptOneAfterTheOtherInTheOrderOfTheirIds() {
        List<Row> rows = chains();
        NearDuplicates oneByOne = NearDuplicates.standard();
        Set<String> expected = new TreeSet<>();
        rows.stream().sorted((a, b) -> a.getString(0).compareTo(b.getString(0))).forEach(row -> {
            if (oneByOne.add(row.getString(2))) {
                expected.add(row.getString(0));
            }
        });
        assertTrue(expected.size() > 6 && expected.size() < rows.size(), expected::toString);
        NearDuplicateFilter filter = new NearDuplicateFilter().setTextCol("response");
        Set<String> kept = filter.transform(Sessions.table(spark, rows, 4)).collectAsList().stream()
                .map(row -> row.getString(0))
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(expected, kept);
    }

    @Test
    void rowsWithoutTextAreKept() {
        List<Row> rows = List.of(
                RowFactory.create("a", "", null), RowFactory.create("b", "", null), RowFactory.create("c", "", "..."));
        assertEquals(
                3,
                new NearDuplicateFilter()
                        .setTextCol("response")
                        .transform(Sessions.table(spark, rows, 1))
                        .count());
    }
}
