package io.humpback.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.Score;
import io.humpback.Scorer;
import io.humpback.onnx.Device;
import io.humpback.onnx.LoadOptions;
import io.humpback.onnx.OnnxModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.SparkException;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PairScorerTest {

    @TempDir
    private Path folder;

    private final SparkSession spark = Sessions.local();
    private final List<Row> pairs = Sessions.pairs(60);

    private static PairScorer scorer() {
        return new PairScorer().setModel(Sessions.nano());
    }

    private static Map<String, Row> byId(Dataset<Row> scored) {
        Map<String, Row> rows = new TreeMap<>();
        for (Row row : scored.collectAsList()) {
            assertNull(rows.put(row.getAs("id"), row.getAs("score")), "an id came out twice");
        }
        return rows;
    }

    @Test
    void theNumbersAreTheScorersWhateverThePartitions() throws IOException {
        Map<String, Row> three = byId(scorer().transform(Sessions.table(spark, pairs, 3)));
        Map<String, Row> seven = byId(scorer().transform(Sessions.table(spark, pairs, 7)));
        assertEquals(three, seven);
        try (OnnxModel model =
                OnnxModel.load(Path.of(Sessions.nano()), LoadOptions.defaults().device(Device.cpu(2)))) {
            Scorer alone = Scorer.using(model);
            for (Row pair : pairs) {
                Score score = alone.score(pair.getString(1), pair.getString(2));
                Row row = three.get(pair.getString(0));
                assertEquals(score.value(), row.getDouble(0));
                assertEquals(score.distribution(), row.<Double>getList(1));
                assertEquals(score.outside(), row.getDouble(2));
                assertTrue(row.isNullAt(3));
            }
        }
    }

    @Test
    void aModelIsOpenedOnceForAllPartitions() {
        PairScorer own = scorer().setContextLength(1999); // settings that no other test has
        int before = SharedModels.openings();
        own.transform(Sessions.table(spark, pairs, 9)).count();
        own.transform(Sessions.table(spark, pairs, 9)).collectAsList();
        assertEquals(before + 1, SharedModels.openings());
    }

    @Test
    void aRowThatCannotBeRatedSaysWhyAndTheOthersAreRated() {
        List<Row> rows = new ArrayList<>(Sessions.pairs(3));
        rows.add(RowFactory.create("null", null, "It lives in the wood."));
        rows.add(RowFactory.create("empty", "Where does the fox live?", " "));
        rows.add(RowFactory.create("long", "Where does the fox live?", "It sleeps by day. ".repeat(900)));
        rows.add(RowFactory.create("half", "Where does \ud800 live?", "It lives in the wood, near the river."));
        Map<String, Row> scored = byId(scorer().transform(Sessions.table(spark, rows, 1)));
        assertEquals(
                "instruction: found null, expected text", scored.get("null").getString(3));
        assertTrue(scored.get("empty").getString(3).startsWith("empty: "), () -> scored.get("empty")
                .getString(3));
        assertTrue(scored.get("long").getString(3).startsWith("too long: "), () -> scored.get("long")
                .getString(3));
        for (String id : List.of("p0", "p1", "p2", "half")) {
            assertFalse(scored.get(id).isNullAt(0), id);
        }
        assertTrue(scored.get("long").isNullAt(0) && scored.get("long").isNullAt(1));
    }

    @Test
    void idsOfAnEarlierOutputArePassedOver() {
        String output = folder.resolve("out").toString();
        PairScorer resuming = scorer().setDone(output);
        resuming.transform(Sessions.table(spark, pairs.subList(0, 25), 2))
                .write()
                .mode("append")
                .parquet(output);
        Dataset<Row> rest = resuming.transform(Sessions.table(spark, pairs, 2));
        assertEquals(35, rest.count());
        rest.write().mode("append").parquet(output);
        Map<String, Row> stored = byId(spark.read().parquet(output));
        assertEquals(byId(scorer().transform(Sessions.table(spark, pairs, 2))), stored);
    }

    @Test
    void aStageIsSavedAndLoadedWithItsSettings() throws IOException {
        String path = folder.resolve("pipeline").toString();
        PairScorer set = scorer().setRubric("paraphrases").setOutputCol("rated").setThreads(1);
        new Pipeline()
                .setStages(new PipelineStage[] {set})
                .fit(Sessions.table(spark, pairs, 1))
                .write()
                .overwrite()
                .save(path);
        PairScorer loaded = (PairScorer) PipelineModel.load(path).stages()[0];
        assertEquals(set.uid(), loaded.uid());
        assertEquals("paraphrases", loaded.getOrDefault(loaded.rubric()));
        assertEquals("rated", loaded.getOrDefault(loaded.outputCol()));
        assertEquals(1, loaded.getOrDefault(loaded.threads()));
        Dataset<Row> few = Sessions.table(spark, pairs.subList(0, 4), 1);
        assertEquals(
                set.transform(few).orderBy("id").collectAsList(),
                loaded.transform(few).orderBy("id").collectAsList());
    }

    private String refusal(PairScorer scorer) {
        return assertThrows(IllegalArgumentException.class, () -> scorer.transform(Sessions.table(spark, pairs, 1)))
                .getMessage();
    }

    @Test
    void whatIsWrongIsRefusedBeforeATaskRuns() {
        assertEquals(
                "question: no such column, expected one of [id, instruction, response]",
                refusal(scorer().setInstructionCol("question")));
        assertEquals("id: there is such a column, expected a new name", refusal(scorer().setOutputCol("id")));
        assertEquals("precision \"int3\": expected fp32, bf16, int8 or int4", refusal(scorer().setPrecision("int3")));
        assertEquals(
                "rubric = harsh: expected standard, paraphrases, or criteria in words",
                refusal(scorer().setRubric("harsh")));
        assertEquals("device = gpu: expected cpu, cuda or cuda:N", refusal(scorer().setDevice("gpu")));
        assertTrue(refusal(new PairScorer()).startsWith("model: not set, expected a path"));
    }

    private String failure(PairScorer scorer) {
        Dataset<Row> scored = scorer.transform(Sessions.table(spark, pairs, 1));
        Throwable thrown = assertThrows(Exception.class, scored::collectAsList);
        while (thrown instanceof SparkException && thrown.getCause() != null) {
            thrown = thrown.getCause();
        }
        return String.valueOf(thrown.getMessage());
    }

    @Test
    void aModelThatCannotBeOpenedEndsTheJob() {
        assertTrue(failure(new PairScorer().setModel("/no/such/model")).contains("/no/such/model"));
        String cuda = failure(scorer().setDevice("cuda"));
        assertTrue(cuda.contains("expected one: spark.task.resource.gpu.amount"), cuda);
    }

    @Test
    void cudaThatIsNotThereIsRefused() {
        String refused = failure(scorer().setDevice("cuda:0"));
        assertNotNull(refused);
        assertTrue(refused.contains("cuda:0"), refused);
    }
}
