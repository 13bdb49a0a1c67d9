package io.humpback.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.spark.ScoreBenchmark.Seen;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScoreBenchmarkTest {

    @TempDir
    private Path folder;

    private final SparkSession spark = Sessions.local();

    private static PairScorer scorer() {
        return new PairScorer().setModel(Sessions.nano());
    }

    /** Writes scores as the command does: numbers beside the pair. */
    private String scored(List<Row> pairs) {
        Dataset<Row> scored = scorer().transform(Sessions.table(spark, pairs, 1));
        String in = folder.resolve("scores").toString();
        scored.select(
                        functions.col("id"),
                        functions.col("instruction"),
                        functions.col("response"),
                        functions.expr("score.value + if(id = 'p3', 0.01, 0)").as("score"),
                        functions.expr("score.distribution"),
                        functions.expr("score.outside"))
                .write()
                .json(in);
        return in;
    }

    private Seen seen(List<Row> pairs) {
        return ScoreBenchmark.measure(
                spark, scorer(), scored(pairs), folder.resolve("again").toString());
    }

    @Test
    void rowsWithTheirNumbersAreRight() {
        Seen seen = seen(Sessions.pairs(3));
        assertEquals(3, seen.rows());
        assertEquals(0, seen.lost() + seen.wrong());
        assertTrue(seen.furthest() < 1e-5, seen::toString);
    }

    @Test
    void aRowWithAnotherNumberIsWrong() {
        Seen seen = seen(Sessions.pairs(5));
        assertEquals(1, seen.wrong());
        assertEquals(0.01, seen.furthest(), 1e-5);
    }

    @Test
    void anIdThatComesTwiceCountsAsLost() {
        Row pair = Sessions.pairs(1).get(0);
        Seen seen = seen(List.of(pair, pair));
        assertEquals(2, seen.lost());
    }
}
