package io.humpback.onnx.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.model.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SavePointTest {

    @TempDir
    Path folder;

    private static AdamW optimizer(Parameter parameter) {
        return new AdamW(List.of(parameter), 0.9, 0.999, 1e-8, 0, 1);
    }

    @Test
    void whatIsWrittenIsRead() throws IOException {
        List<String> losses = IntStream.range(0, 2500)
                .mapToObj(i -> "{\"step\":" + i + ",\"loss\":0.1}")
                .toList();
        SavePoint point = new SavePoint(Map.of("plan", "a \"b\""), 7, 1L << 40, losses, Optional.empty());
        Parameter parameter = Bigrams.parameter("w", true, 300, 1000);
        try (AdamW optimizer = optimizer(parameter)) {
            for (int i = 0; i < parameter.size(); i++) {
                parameter.gradient().put(i, i % 7 - 3);
            }
            optimizer.step(0.1, 1);
            point.write(folder, optimizer.slots());
            assertEquals(Optional.of(point), SavePoint.read(folder));
            Parameter fresh = Bigrams.parameter("w", true, 300, 1000);
            try (AdamW other = optimizer(fresh)) {
                point.restore(folder, other);
                assertEquals(7, other.steps());
                assertEquals(parameter.values(), fresh.values());
                assertEquals(
                        optimizer.slots().get(0).first(), other.slots().get(0).first());
                assertEquals(
                        optimizer.slots().get(0).second(), other.slots().get(0).second());
            }
        }
        point.finished("abc").write(folder, List.of());
        assertEquals(Optional.of("abc"), SavePoint.read(folder).orElseThrow().finished());
    }

    @Test
    void thereIsNoneInAnEmptyFolder() throws IOException {
        assertEquals(Optional.empty(), SavePoint.read(folder));
    }

    @Test
    void aDifferenceIsRefusedByNameWithBothValues() {
        SavePoint point = SavePoint.beginning(Map.of("learning rate", "1.0E-4", "seed", "1"));
        point.requireSame(folder, Map.of("learning rate", "1.0E-4", "seed", "1"));
        ModelException e = assertThrows(
                ModelException.class, () -> point.requireSame(folder, Map.of("learning rate", "2.0E-4", "seed", "1")));
        assertEquals(
                folder
                        + ": its training was begun with learning rate 1.0E-4, found 2.0E-4: expected the same, or another"
                        + " folder",
                e.getMessage());
    }

    @Test
    void aDamagedFileIsRefused() throws IOException {
        Files.writeString(folder.resolve(SavePoint.FILE), "not a checkpoint");
        ModelException e = assertThrows(ModelException.class, () -> SavePoint.read(folder));
        assertTrue(e.getMessage().contains(SavePoint.FILE), e.getMessage());
    }

    @Test
    void aChangedByteIsRefused() throws IOException {
        SavePoint point = new SavePoint(Map.of("seed", "1"), 1, 5, List.of("{\"loss\":0.1}"), Optional.empty());
        Parameter parameter = Bigrams.parameter("w", true, 30, 10);
        try (AdamW optimizer = optimizer(parameter)) {
            point.write(folder, optimizer.slots());
            Path file = folder.resolve(SavePoint.FILE);
            byte[] bytes = Files.readAllBytes(file);
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] ^= 1;
                Files.write(file, bytes);
                assertThrows(
                        ModelException.class,
                        () -> SavePoint.read(folder).orElseThrow().restore(folder, optimizer),
                        "byte " + i);
                bytes[i] ^= 1;
            }
        }
    }

    @Test
    void anotherShapeIsRefused() throws IOException {
        try (AdamW optimizer = optimizer(Bigrams.parameter("w", true, 2, 3));
                AdamW other = optimizer(Bigrams.parameter("w", true, 3, 2))) {
            SavePoint point = new SavePoint(Map.of(), 1, 0, List.of(), Optional.empty());
            point.write(folder, optimizer.slots());
            assertThrows(ModelException.class, () -> point.restore(folder, other));
        }
    }
}
