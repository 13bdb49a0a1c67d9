package io.humpback.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.Augmenter;
import io.humpback.data.Segment;
import io.humpback.model.Sampling;
import io.humpback.onnx.Device;
import io.humpback.onnx.LoadOptions;
import io.humpback.onnx.OnnxModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;

class InstructionWriterTest {

    private final SparkSession spark = Sessions.local();
    private final List<Row> texts = Sessions.pairs(24);

    private Map<String, String> written(int partitions, long seed) {
        InstructionWriter writer = new InstructionWriter()
                .setModel(Sessions.nano())
                .setTextCol("response")
                .setMaxTokens(12)
                .setSeed(seed);
        Map<String, String> written = new TreeMap<>();
        for (Row row :
                writer.transform(Sessions.table(spark, texts, partitions)).collectAsList()) {
            written.put(row.getAs("id"), row.getAs("written").toString());
        }
        return written;
    }

    @Test
    void aTextGetsTheSameInstructionInWhateverPartition() {
        Map<String, String> whole = written(1, 7);
        assertEquals(texts.size(), whole.size());
        assertEquals(whole, written(5, 7));
        assertNotEquals(whole, written(1, 8));
    }

    @Test
    void theInstructionsAreTheAugmenters() throws IOException {
        Map<String, String> written = written(3, 7);
        Sampling sampling =
                Sampling.nucleus(0.9).temperature(0.7).maxTokens(12).seed(7).firstItem(Sampling.BY_PROMPT);
        try (OnnxModel model =
                OnnxModel.load(Path.of(Sessions.nano()), LoadOptions.defaults().device(Device.cpu(2)))) {
            Augmenter augmenter = Augmenter.using(model).sampling(sampling);
            for (Row text : texts) {
                Augmenter.Attempt attempt = augmenter
                        .attempts(List.of(Segment.of("", "", "", 0, text.getString(2))).stream())
                        .toList()
                        .get(0);
                String expected = attempt.candidate() == null
                        ? "[null," + attempt.drop() + "]"
                        : "[" + attempt.candidate().instruction() + ",null]";
                assertEquals(expected, written.get(text.getString(0)));
            }
        }
        assertTrue(written.values().stream().distinct().count() > 1);
    }
}
