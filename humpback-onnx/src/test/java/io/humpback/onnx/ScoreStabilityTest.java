package io.humpback.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.humpback.Scorer;
import io.humpback.data.Example;
import io.humpback.data.file.JsonLines;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a pair's score must not depend on, with a real model. */
class ScoreStabilityTest {

    private static final double TOLERANCE = 1e-3;

    @ParameterizedTest
    @EnumSource(
            value = Precision.class,
            names = {"FP32", "INT8", "INT4"})
    void aScoreDependsNeitherOnCompanyAndOrderNorOnThreadsAndSharedPrefixes(Precision precision) throws IOException {
        Path checkpoint = Reference.smolLm2();
        List<Example> pairs = pairs();
        List<Example> reversed = new ArrayList<>(pairs);
        Collections.reverse(reversed);
        LoadOptions options = LoadOptions.defaults().precision(precision).contextLength(1024);
        List<Double> expected;
        try (OnnxModel model = OnnxModel.load(checkpoint, options.device(Device.cpu(2)))) {
            expected = scores(model, pairs);
            List<Double> backwards = scores(model, reversed);
            Collections.reverse(backwards);
            assertSame(expected, backwards, "in another order");
            List<Double> alone = new ArrayList<>();
            for (Example pair : pairs) {
                alone.addAll(scores(model, List.of(pair)));
            }
            assertSame(expected, alone, "alone");
        }
        LoadOptions plain = options.device(Device.cpu(1)).prefixSharing(false).batch(1);
        try (OnnxModel model = OnnxModel.load(checkpoint, plain)) {
            assertSame(expected, scores(model, pairs), "by one thread, without shared prefixes");
        }
    }

    private static void assertSame(List<Double> expected, List<Double> found, String how) {
        for (int i = 0; i < expected.size(); i++) {
            assertEquals(expected.get(i), found.get(i), TOLERANCE, "pair " + i + " " + how);
        }
    }

    private static List<Double> scores(OnnxModel model, List<Example> pairs) {
        List<Double> scores = new ArrayList<>();
        Scorer.using(model)
                .score(pairs)
                .forEach(scored ->
                        scores.add(Objects.requireNonNull(scored.score()).value()));
        return scores;
    }

    private static List<Example> pairs() throws IOException {
        try (Stream<JsonLines.Row> rows =
                JsonLines.read(Reference.file("data/human-ratings-roscoe-gsm8k.jsonl"), rejection -> {
                    throw new IllegalStateException(rejection.toString());
                })) {
            return rows.limit(3)
                    .map(row -> new Example(
                            row.fields().get("instruction").textValue(),
                            row.fields().get("response").textValue()))
                    .toList();
        }
    }
}
