package io.humpback.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.Scorer;
import io.humpback.model.ModelException;
import io.humpback.onnx.LoadOptions;
import io.humpback.onnx.Precision;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SharedModelsTest {

    private static SharedModels.Key key(int contextLength, long overhead) {
        return new SharedModels.Key(
                Path.of(Sessions.nano()),
                LoadOptions.defaults().contextLength(contextLength),
                new Cluster(false, 1, overhead));
    }

    @Test
    void usersShareOneModelThatOutlivesThem() throws IOException {
        SharedModels.Key key = key(1801, Long.MAX_VALUE);
        int before = SharedModels.openings();
        SharedModels.Use first = SharedModels.use(key);
        SharedModels.Use second = SharedModels.use(key);
        assertSame(first.model(), second.model());
        first.close();
        first.close(); // counts once
        double value = Scorer.using(second.model())
                .score("Where does the fox live?", "It lives in the wood.")
                .value();
        assertTrue(value >= 1 && value <= 5);
        second.close();
        try (SharedModels.Use third = SharedModels.use(key)) {
            assertSame(first.model(), third.model());
        }
        assertEquals(before + 1, SharedModels.openings());
    }

    @Test
    void aModelThatDoesNotFitIsRefusedWithTheSettingAndMayBeTriedAgain() throws IOException {
        SharedModels.Key key = key(1802, 384L << 20);
        String refused =
                assertThrows(ModelException.class, () -> SharedModels.use(key)).getMessage();
        assertTrue(
                refused.matches(
                        "spark.executor.memoryOverhead = 384m: expected at least \\d+m, which .*nano takes outside the"
                                + " heap in fp32"),
                refused);
        assertThrows(ModelException.class, () -> SharedModels.use(key));
    }

    @Test
    void memoryGrowsWithThePrecision() throws IOException {
        Path nano = Path.of(Sessions.nano());
        LoadOptions options = LoadOptions.defaults();
        long fp32 = ModelMemory.bytes(nano, options.precision(Precision.FP32));
        long int8 = ModelMemory.bytes(nano, options.precision(Precision.INT8));
        assertTrue(fp32 - int8 > 2_000_000 && fp32 - int8 < 6_000_000, fp32 + " " + int8);
    }
}
