package io.humpback.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BatchIteratorTest {

    private final List<Integer> batches = new ArrayList<>();

    private BatchIterator<Integer, String, Integer, String> iterator(int count, int batch) {
        return new BatchIterator<>(
                IntStream.range(10, 10 + count).boxed().iterator(),
                batch,
                (value, item) -> item + ":" + value,
                prepared -> {
                    batches.add(prepared.size());
                    return prepared.stream().map(String::length).toList();
                },
                (prepared, length) -> prepared + "/" + length);
    }

    @Test
    void resultsComeInOrderABatchAtATime() {
        List<String> results = new ArrayList<>();
        iterator(5, 2).forEachRemaining(results::add);
        assertEquals(List.of("0:10/4", "1:11/4", "2:12/4", "3:13/4", "4:14/4"), results);
        assertEquals(List.of(2, 2, 1), batches);
    }

    @Test
    void nothingIsComputedBeforeItIsAskedFor() {
        BatchIterator<Integer, String, Integer, String> results = iterator(5, 2);
        assertTrue(results.hasNext());
        assertEquals(List.of(), batches);
        results.next();
        assertEquals(List.of(2), batches);
        assertFalse(iterator(0, 2).hasNext());
    }

    @Test
    void anInterruptedThreadLearnsHowFarItCame() {
        BatchIterator<Integer, String, Integer, String> results = iterator(5, 2);
        results.next();
        Thread.currentThread().interrupt();
        assertEquals(
                "interrupted after 1 items",
                assertThrows(CancellationException.class, results::next).getMessage());
        assertFalse(Thread.currentThread().isInterrupted());
    }
}
