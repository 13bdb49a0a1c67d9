package io.humpback.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;

class HumpbackCatalogTest {

    private final SparkSession spark = Sessions.local();

    @Test
    void theFunctionOfSqlGivesWhatTheStageGives() {
        Dataset<Row> pairs = Sessions.table(spark, Sessions.pairs(5), 2);
        pairs.createOrReplaceTempView("pairs");
        List<Row> rated = spark.sql("SELECT id, humpback.score(instruction, response) AS score FROM pairs ORDER BY id")
                .collectAsList();
        List<Row> scored = new PairScorer()
                .setModel(Sessions.nano())
                .transform(pairs)
                .select("id", "score")
                .orderBy("id")
                .collectAsList();
        assertEquals(scored, rated);
    }

    @Test
    void aTextThatIsMissingIsToldInTheRow() {
        Row row = spark.sql("SELECT humpback.score(CAST(NULL AS STRING), 'It lives in the wood.') AS score")
                .head();
        assertEquals("found null, expected text", row.<Row>getAs("score").getString(3));
    }

    @Test
    void otherArgumentsAreRefused() {
        Exception refused = assertThrows(
                Exception.class, () -> spark.sql("SELECT humpback.score('one')").collectAsList());
        assertTrue(String.valueOf(refused.getMessage()).contains("score"), refused::toString);
    }
}
