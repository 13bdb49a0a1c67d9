package io.humpback.onnx.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.humpback.model.ModelException;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.Graphs;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.run.Decoder.GraphFile;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedSessionTest {

    @TempDir
    Path folder;

    private Path model() throws Exception {
        Graph graph = new Graph();
        graph.output("y", graph.input("x", ElementType.FLOAT, Shape.of("N", 2)).times(2));
        return Graphs.write(graph, folder);
    }

    private SharedSession session() throws Exception {
        return SharedSession.open(model(), -1, 1, session -> session);
    }

    @Test
    void tensorsOfAComputationAreClosedAfterItEvenWhenItFails() throws Exception {
        try (SharedSession session = session()) {
            List<OnnxTensor> made = new ArrayList<>();
            String message = assertThrows(
                            ModelException.class,
                            () -> session.compute("adding", (runtime, tensors) -> {
                                made.add(tensors.longs(new long[] {1}, 1));
                                throw new OrtException("no reason\nsecond line");
                            }))
                    .getMessage();
            assertEquals("adding: no reason", message);
            assertTrue(made.get(0).isClosed());
        }
    }

    @Test
    void oneThreadComputesAtATimeAndMayAskAgain() throws Exception {
        try (SharedSession session = session()) {
            AtomicBoolean busy = new AtomicBoolean();
            AtomicBoolean together = new AtomicBoolean();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                Thread thread = new Thread(() -> session.compute("a", (runtime, tensors) -> {
                    together.compareAndSet(false, busy.getAndSet(true));
                    session.compute("b", (again, more) -> null);
                    Thread.yield();
                    busy.set(false);
                    return null;
                }));
                thread.start();
                threads.add(thread);
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertFalse(together.get());
        }
    }

    /** A session that one caller has for itself, while others wait in the order of their numbers. */
    private static final class Crowd {
        final CountDownLatch mayEnd = new CountDownLatch(1);
        final List<Integer> served = Collections.synchronizedList(new ArrayList<>());
        final List<Thread> waiting = new ArrayList<>();
        final List<RuntimeException> failures = new ArrayList<>(Collections.nCopies(5, null));
        private final Thread first;

        Crowd(SharedSession session) throws InterruptedException {
            CountDownLatch running = new CountDownLatch(1);
            first = new Thread(() -> session.inTurn(() -> {
                running.countDown();
                try {
                    mayEnd.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                return null;
            }));
            first.start();
            running.await();
            for (int i = 0; i < 5; i++) {
                int number = i;
                waiting.add(started(() -> {
                    try {
                        session.inTurn(() -> served.add(number));
                    } catch (RuntimeException e) {
                        failures.set(number, e);
                    }
                }));
            }
        }

        /** {@return a thread that does something and waits} */
        static Thread started(Runnable task) {
            Thread thread = new Thread(task);
            thread.start();
            while (thread.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            return thread;
        }

        void end() throws InterruptedException {
            mayEnd.countDown();
            first.join();
            for (Thread thread : waiting) {
                thread.join();
            }
        }
    }

    @Test
    void callersAreServedInTheOrderInWhichTheyAsk() throws Exception {
        try (SharedSession session = session()) {
            Crowd crowd = new Crowd(session);
            crowd.end();
            assertEquals(List.of(0, 1, 2, 3, 4), crowd.served);
        }
    }

    @Test
    void anInterruptedCallerLeavesAtOnceAndTheOthersAreServed() throws Exception {
        try (SharedSession session = session()) {
            Crowd crowd = new Crowd(session);
            crowd.waiting.get(2).interrupt();
            crowd.waiting.get(2).join(); // although the first has not ended
            assertTrue(crowd.failures.get(2) instanceof CancellationException);
            crowd.end();
            assertEquals(List.of(0, 1, 3, 4), crowd.served);
        }
    }

    @Test
    void closingRefusesThoseWhoWait() throws Exception {
        SharedSession session = session();
        Crowd crowd = new Crowd(session);
        Thread closing = Crowd.started(session::close);
        crowd.end();
        closing.join();
        assertEquals(List.of(), crowd.served);
        for (RuntimeException failure : crowd.failures) {
            assertTrue(failure instanceof IllegalStateException);
            assertEquals("the model is closed", failure.getMessage());
        }
    }

    private static float doubled(SharedSession session, float value) {
        return session.compute("doubling", (runtime, tensors) -> {
            OnnxTensor x = tensors.floats(FloatBuffer.wrap(new float[] {value, 0}), 1, 2);
            try (OrtSession.Result result = runtime.run(Map.of("x", x))) {
                return ((OnnxTensor) result.get(0)).getFloatBuffer().get(0);
            }
        });
    }

    @Test
    void aReleasedSessionIsOpenedOnceMoreForTheNextComputation() throws Exception {
        AtomicInteger times = new AtomicInteger();
        Path file = model();
        GraphFile again = user -> {
            times.incrementAndGet();
            user.accept(file);
        };
        try (SharedSession session = SharedSession.open(file, -1, 1, opened -> opened)) {
            session.release(again);
            session.release(again);
            assertEquals(0, times.get());
            assertEquals(6, doubled(session, 3));
            assertEquals(8, doubled(session, 4));
            assertEquals(1, times.get());
            session.release(again);
        }
    }

    @Test
    void aReleasedSessionThatCannotBeOpenedAgainIsNamedAndTriedAgain() throws Exception {
        Path file = model();
        try (SharedSession session = SharedSession.open(file, -1, 1, opened -> opened)) {
            session.release(user -> {
                if (!file.toFile().exists()) {
                    throw new IOException("no graph");
                }
                user.accept(file);
            });
            byte[] graph = Files.readAllBytes(file);
            Files.delete(file);
            String message = assertThrows(ModelException.class, () -> doubled(session, 3))
                    .getMessage();
            assertEquals(file + ": cannot be opened again: no graph", message);
            Files.write(file, graph);
            assertEquals(6, doubled(session, 3));
        }
    }

    @Test
    void closingWaitsForTheComputationAndRefusesLaterOnes() throws Exception {
        SharedSession session = session();
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread computing = new Thread(() -> session.compute("a", (runtime, tensors) -> {
            running.countDown();
            try {
                mayEnd.await();
                runtime.getNumInputs(); // throws if it is closed
            } catch (InterruptedException | RuntimeException e) {
                failure.set(e);
            }
            return null;
        }));
        computing.start();
        running.await();
        Thread closing = new Thread(session::close);
        closing.start();
        mayEnd.countDown();
        computing.join();
        closing.join();
        session.close();
        assertEquals(null, failure.get());
        assertThrows(IllegalStateException.class, () -> session.compute("a", (runtime, tensors) -> null));
    }

    @Test
    void aSizeThatIsNotKnownIsRefusedWithTheModel() throws Exception {
        try (SharedSession session = session()) {
            assertEquals(2, session.inputShape("x", 1)[1]);
            String message = assertThrows(ModelException.class, () -> session.inputShape("x", 0))
                    .getMessage();
            assertTrue(message.endsWith("no graph of inference: x [-1, 2], expected a known size at axis 0"), message);
            assertThrows(ModelException.class, () -> session.outputShape("z", 0));
        }
    }
}
