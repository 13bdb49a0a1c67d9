package io.humpback.examples.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PatientThreadsTest {

    private static boolean isInterrupted(long millis) {
        try {
            Thread.sleep(millis);
            return false;
        } catch (InterruptedException e) {
            return true;
        }
    }

    @Test
    void aTaskThatIsPastItsTimeIsInterruptedAndTheNextIsNot() throws Exception {
        try (PatientThreads threads = new PatientThreads(1, Duration.ofMillis(200))) {
            CompletableFuture<Boolean> slow = CompletableFuture.supplyAsync(() -> isInterrupted(20_000), threads);
            CompletableFuture<Boolean> next = CompletableFuture.supplyAsync(() -> isInterrupted(1), threads);
            assertTrue(slow.get(10, TimeUnit.SECONDS));
            assertFalse(next.get(10, TimeUnit.SECONDS));
        }
    }

    @Test
    void aTaskMayBeGivenMoreTime() throws Exception {
        try (PatientThreads threads = new PatientThreads(1, Duration.ofMillis(200))) {
            CompletableFuture<Boolean> allowed = CompletableFuture.supplyAsync(
                    () -> {
                        threads.allow(Duration.ofSeconds(60));
                        return isInterrupted(700);
                    },
                    threads);
            assertFalse(allowed.get(10, TimeUnit.SECONDS));
        }
    }

    @Test
    void anInterruptedTaskLeavesNoTraceInItsThread() throws Exception {
        try (PatientThreads threads = new PatientThreads(1, Duration.ofMillis(100))) {
            CompletableFuture.runAsync(
                            () -> {
                                while (!Thread.currentThread().isInterrupted()) {
                                    Thread.onSpinWait();
                                }
                            },
                            threads)
                    .get(10, TimeUnit.SECONDS);
            assertEquals(
                    false,
                    CompletableFuture.supplyAsync(() -> Thread.currentThread().isInterrupted(), threads)
                            .get(10, TimeUnit.SECONDS));
        }
    }
}
