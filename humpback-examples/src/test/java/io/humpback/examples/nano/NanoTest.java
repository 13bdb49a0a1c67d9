package io.humpback.examples.nano;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.humpback.Scored;
import io.humpback.Scorer;
import io.humpback.data.Example;
import io.humpback.onnx.Device;
import io.humpback.onnx.LoadOptions;
import io.humpback.onnx.OnnxModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class NanoTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** If this fails, words of the world or of a prompt have changed, and {@code nano make} has to make the model anew. */
    @Test
    void itsTokensAreThoseOfTheWorldAndOfThePrompts() throws Exception {
        Path folder = Nano.resolve(Path.of(Nano.NAME));
        assertEquals(
                new Vocabulary().tokenizer(),
                JSON.readTree(folder.resolve(NanoFolder.TOKENIZER).toFile()));
        assertTrue(Files.size(folder.resolve(NanoFolder.WEIGHTS)) < 8_000_000);
    }

    @Test
    void aPathThatIsThereIsNotReplaced() throws Exception {
        Path file = Files.createTempFile("a", "model");
        assertEquals(file, Nano.resolve(file));
        Files.delete(file);
    }

    @Test
    void itWritesInstructionsAndJudgesInAWorldThatItHasNotSeen() throws Exception {
        try (OnnxModel model = OnnxModel.load(
                Nano.resolve(Path.of(Nano.NAME)), LoadOptions.defaults().device(Device.cpu(1)))) {
            Evaluation found = Evaluation.of(model, 31, 12, 120);
            assertTrue(found.segments() > 10, found.toString());
            assertTrue(found.right() >= found.segments() / 2, found.toString());
            assertTrue(found.rating() >= 0.7, found.toString());
            assertTrue(found.likelihood() >= 0.7, found.toString());
        }
    }

    @Test
    void eightThreadsRateAsOneDoes() throws Exception {
        PairSource source = new PairSource(World.of(31, 12), 5);
        List<Example> pairs =
                Stream.generate(() -> source.pair().example()).limit(400).toList();
        try (OnnxModel model = OnnxModel.load(
                Nano.resolve(Path.of(Nano.NAME)), LoadOptions.defaults().device(Device.cpu(1)))) {
            Scorer scorer = Scorer.using(model);
            List<Scored<Example>> alone = scorer.score(pairs);
            ExecutorService pool = Executors.newFixedThreadPool(8);
            try {
                List<Future<Scored<Example>>> found = new ArrayList<>();
                for (Example pair : pairs) {
                    found.add(pool.submit(() -> scorer.score(List.of(pair)).get(0)));
                }
                for (int i = 0; i < pairs.size(); i++) {
                    Scored<Example> one = alone.get(i);
                    Scored<Example> other = found.get(i).get();
                    assertEquals(one.drop(), other.drop());
                    if (one.score() != null) {
                        assertEquals(one.score().value(), other.score().value(), 1e-3);
                    }
                }
            } finally {
                pool.shutdownNow();
            }
        }
    }
}
