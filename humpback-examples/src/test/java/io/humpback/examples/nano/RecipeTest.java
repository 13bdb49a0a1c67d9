package io.humpback.examples.nano;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.Scorer;
import io.humpback.onnx.Device;
import io.humpback.onnx.LoadOptions;
import io.humpback.onnx.OnnxModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecipeTest {

    @TempDir
    private Path folder;

    @Test
    void aShorterRecipeLearnsAndGivesTheSameModelAgain() throws Exception {
        List<Double> losses = new ArrayList<>();
        Path first = make(folder.resolve("first"), losses);
        double start = losses.get(0);
        assertEquals(Math.log(new Vocabulary().size()), start, 0.3); // it knows nothing
        assertTrue(losses.get(11) < start - 1.2, losses.toString());
        Path second = make(folder.resolve("second"), new ArrayList<>());
        assertArrayEquals(
                Files.readAllBytes(first.resolve(NanoFolder.WEIGHTS)),
                Files.readAllBytes(second.resolve(NanoFolder.WEIGHTS)));
        assertTrue(Files.size(first.resolve(NanoFolder.WEIGHTS)) < 8_000_000);
        try (OnnxModel model = OnnxModel.load(first, LoadOptions.defaults().device(Device.cpu(1)))) {
            double score = Scorer.using(model)
                    .score("Which craft is practised in Alderford?", "The traditional craft of Alderford is pottery.")
                    .value();
            assertTrue(score >= 1 && score <= 5);
        }
    }

    private static Path make(Path folder, List<Double> losses) throws Exception {
        return new Recipe(3, 12, 1).make(folder, Device.cpu(1), step -> losses.add(step.loss()));
    }
}
