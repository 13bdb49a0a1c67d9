package io.humpback.onnx.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.humpback.model.ModelException;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.Graphs;
import io.humpback.onnx.graph.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Callers ask for the tenfold of numbers, of which 13 has none. */
class TogetherTest {

    @TempDir
    Path folder;

    private final List<List<Integer>> computed = new ArrayList<>();
    private final Map<Integer, Object> outcomes = new TreeMap<>();
    private final CountDownLatch running = new CountDownLatch(1);
    private final CountDownLatch mayEnd = new CountDownLatch(1);
    private final Map<Integer, Thread> threads = new HashMap<>();
    private SharedSession session;
    private Together<Integer, Integer> together;

    @BeforeEach
    void openASessionThatIsBusy() throws Exception {
        Graph graph = new Graph();
        graph.output("y", graph.input("x", ElementType.FLOAT, Shape.of("N")).abs());
        session = SharedSession.open(Graphs.write(graph, folder), -1, 1, opened -> opened);
        together = new Together<>(session, 4, numbers -> {
            computed.add(numbers);
            if (numbers.contains(13)) {
                throw new ModelException("13");
            }
            return numbers.stream().map(number -> 10 * number).toList();
        });
        threads.put(
                0,
                new Thread(() -> session.inTurn(() -> {
                    running.countDown();
                    try {
                        return mayEnd.getCount() + (mayEnd.await(1, TimeUnit.MINUTES) ? 1 : 0);
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                })));
        threads.get(0).start();
        running.await();
    }

    @AfterEach
    void close() {
        session.close();
    }

    /** Callers with a number each, in this order. */
    private void ask(int... numbers) {
        for (int number : numbers) {
            Thread thread = new Thread(() -> {
                Object outcome;
                try {
                    outcome = together.answer(List.of(number)).get(0);
                } catch (RuntimeException e) {
                    outcome = e;
                }
                synchronized (outcomes) {
                    outcomes.put(number, outcome);
                }
            });
            threads.put(number, thread);
            thread.start();
            while (thread.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
        }
    }

    private void end() throws InterruptedException {
        mayEnd.countDown();
        for (Thread thread : threads.values()) {
            thread.join();
        }
    }

    @Test
    void thoseWhoWaitAreAnsweredTogetherUpToABound() throws Exception {
        ask(1, 2, 3, 4, 5, 6);
        end();
        assertEquals(List.of(List.of(1, 2, 3, 4), List.of(5, 6)), computed);
        assertEquals(Map.of(1, 10, 2, 20, 3, 30, 4, 40, 5, 50, 6, 60), outcomes);
    }

    @Test
    void noneFailsForAnother() throws Exception {
        ask(1, 13, 2);
        end();
        assertEquals(List.of(List.of(1, 13, 2), List.of(1), List.of(13), List.of(2)), computed);
        assertEquals(10, outcomes.get(1));
        assertInstanceOf(ModelException.class, outcomes.get(13));
        assertEquals(20, outcomes.get(2));
    }

    @Test
    void anInterruptedCallerIsNotAnswered() throws Exception {
        ask(1, 2, 3);
        threads.get(1).interrupt();
        threads.get(1).join();
        end();
        assertEquals(List.of(List.of(2, 3)), computed);
        assertInstanceOf(CancellationException.class, outcomes.get(1));
        assertEquals(30, outcomes.get(3));
    }

    @Test
    void oneCallerAfterTheOtherIsAnsweredByItself() throws Exception {
        end();
        assertEquals(List.of(10), together.answer(List.of(1)));
        assertEquals(List.of(20, 30), together.answer(List.of(2, 3)));
        assertEquals(List.of(List.of(1), List.of(2, 3)), computed);
    }
}
