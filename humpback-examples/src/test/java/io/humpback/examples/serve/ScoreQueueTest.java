package io.humpback.examples.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.Scored;
import io.humpback.data.Example;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ScoreQueueTest {

    private final GatedJudge judge = new GatedJudge();
    private final ScoreQueue queue = new ScoreQueue(judge, 8, 4, new Metrics());

    @AfterEach
    void close() {
        queue.close();
    }

    private static Example pair(String response) {
        return new Example("i", response);
    }

    private static double value(CompletableFuture<Scored<Example>> answer) throws Exception {
        return answer.get(20, TimeUnit.SECONDS).score().value();
    }

    /** Has the judge work on a first pair, so that others gather. */
    private CompletableFuture<Scored<Example>> begin() throws InterruptedException {
        CompletableFuture<Scored<Example>> first = queue.offer(pair("f"));
        for (int i = 0; judge.batches.isEmpty() && i < 1000; i++) {
            Thread.sleep(10);
        }
        return first;
    }

    @Test
    void pairsThatComeWhileTheJudgeWorksAreTheNextBatch() throws Exception {
        begin();
        List<CompletableFuture<Scored<Example>>> answers = new ArrayList<>();
        for (String response : List.of("a", "bb", "ccc", "dddd", "eeeee")) {
            answers.add(queue.offer(pair(response)));
        }
        judge.gate.release(3);
        for (int i = 0; i < answers.size(); i++) {
            assertEquals(i + 1, value(answers.get(i)));
        }
        assertEquals(
                List.of(List.of("f"), List.of("a", "bb", "ccc", "dddd"), List.of("eeeee")), List.copyOf(judge.batches));
    }

    @Test
    void moreThanMayWaitAreRefused() throws Exception {
        begin();
        for (int i = 0; i < 8; i++) {
            assertNotNull(queue.offer(pair("a")));
        }
        assertNull(queue.offer(pair("b")));
        assertEquals(8, queue.waiting());
    }

    @Test
    void whoHasGivenUpMakesRoomAndCostsNothing() throws Exception {
        begin();
        CompletableFuture<Scored<Example>> given = queue.offer(pair("given up"));
        for (int i = 0; i < 7; i++) {
            queue.offer(pair("a"));
        }
        given.cancel(false);
        CompletableFuture<Scored<Example>> late = queue.offer(pair("late"));
        judge.gate.release(10);
        assertEquals(4, value(late));
        assertTrue(judge.batches.stream().noneMatch(batch -> batch.contains("given up")), judge.batches::toString);
    }

    @Test
    void rowsOfStreamsDoNotKeepASinglePairWaiting() throws Exception {
        begin();
        for (int i = 0; i < 100; i++) {
            queue.put(pair("row"));
        }
        queue.offer(pair("single"));
        judge.gate.release(2);
        for (int i = 0; judge.batches.size() < 2 && i < 1000; i++) {
            Thread.sleep(10);
        }
        assertEquals(List.of("single", "row", "row", "row"), judge.batches.get(1));
    }

    @Test
    void singlePairsDoNotKeepRowsWaitingEither() throws Exception {
        begin();
        for (int i = 0; i < 8; i++) {
            queue.offer(pair("single"));
        }
        queue.put(pair("row"));
        judge.gate.release(2);
        for (int i = 0; judge.batches.size() < 2 && i < 1000; i++) {
            Thread.sleep(10);
        }
        assertEquals(List.of("single", "row", "single", "single"), judge.batches.get(1));
    }

    @Test
    void onePairsFailureIsNotTheOthers() throws Exception {
        begin();
        CompletableFuture<Scored<Example>> good = queue.offer(pair("good"));
        CompletableFuture<Scored<Example>> bad = queue.offer(pair("fail"));
        CompletableFuture<Scored<Example>> after = queue.offer(pair("after"));
        judge.gate.release(10);
        assertEquals(4, value(good));
        assertEquals(5, value(after));
        ExecutionException failed = assertThrows(ExecutionException.class, () -> bad.get(20, TimeUnit.SECONDS));
        assertEquals("failed on purpose", failed.getCause().getMessage());
    }

    @Test
    void closingCancelsWhatWaitsAndWhatIsUnderWay() throws Exception {
        CompletableFuture<Scored<Example>> working = begin();
        CompletableFuture<Scored<Example>> waiting = queue.offer(pair("a"));
        queue.close();
        for (CompletableFuture<Scored<Example>> each : List.of(working, waiting, queue.put(pair("b")))) {
            assertThrows(CancellationException.class, () -> each.get(20, TimeUnit.SECONDS));
        }
    }

    @Test
    void theTimeToWaitGrowsWithWhatWaits() throws Exception {
        assertEquals(1, queue.secondsToWait());
        CompletableFuture<Scored<Example>> first = begin();
        Thread.sleep(600);
        judge.gate.release();
        first.get(20, TimeUnit.SECONDS);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (queue.window() != 2 && System.nanoTime() < deadline) {
            Thread.sleep(5); // the answer comes before the time that it took is known
        }
        for (int i = 0; i < 8; i++) {
            queue.offer(pair("a"));
        }
        assertTrue(queue.secondsToWait() >= 3, () -> queue.secondsToWait() + " s for 7 pairs of 0.6 s each");
        assertEquals(2, queue.window(), "a slow judge gets one pair at a time");
    }
}
