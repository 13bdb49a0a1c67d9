package io.humpback.examples.serve;

import io.humpback.Judge;
import io.humpback.Scored;
import io.humpback.data.Example;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Makes batches of pairs that come one by one: while the judge works on a batch, the next one gathers. A model computes one batch
 * at a time whoever asks, so that one thread asks it. Pairs wait in two lanes, of which a batch takes in turn, so that no stream of
 * rows keeps a single pair waiting for more than a batch. A pair whose answer nobody waits for any more, because it is
 * completed or cancelled, is passed over.
 */
final class ScoreQueue implements AutoCloseable {

    /** A batch is as many pairs as take this long: enough to hide what a call costs, and a pair waits for two of them at most. */
    private static final double BATCH_SECONDS = 0.25;

    private static final int FIRST_BATCH = 4;

    private final Judge judge;
    private final int capacity;
    private final int most;
    private final Metrics metrics;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<Waiting> singles = new ArrayDeque<>();
    private final Deque<Waiting> rows = new ArrayDeque<>();
    private final Thread worker = new Thread(this::work, "judge");
    private boolean closed;
    private volatile double secondsPerPair; // 0 until the first batch

    private record Waiting(Example pair, CompletableFuture<Scored<Example>> answer) {}

    /**
     * @param capacity single pairs that may wait
     * @param most pairs in a batch
     */
    ScoreQueue(Judge judge, int capacity, int most, Metrics metrics) {
        this.judge = judge;
        this.capacity = capacity;
        this.most = most;
        this.metrics = metrics;
        worker.start();
    }

    /** {@return the answer to come for a single pair; null if as many wait as may} */
    @Nullable
    CompletableFuture<Scored<Example>> offer(Example pair) {
        lock.lock();
        try {
            if (singles.size() >= capacity) {
                singles.removeIf(waiting -> waiting.answer.isDone());
            }
            return singles.size() < capacity ? add(singles, pair) : null;
        } finally {
            lock.unlock();
        }
    }

    /** {@return the answer to come for a row of a stream, which asks for the next {@link #window()} only} */
    CompletableFuture<Scored<Example>> put(Example pair) {
        lock.lock();
        try {
            return add(rows, pair);
        } finally {
            lock.unlock();
        }
    }

    private CompletableFuture<Scored<Example>> add(Deque<Waiting> lane, Example pair) {
        if (closed) {
            return CompletableFuture.failedFuture(new CancellationException("the service stops"));
        }
        CompletableFuture<Scored<Example>> answer = new CompletableFuture<>();
        lane.add(new Waiting(pair, answer));
        changed.signal();
        return answer;
    }

    /** {@return the pairs that wait} */
    int waiting() {
        lock.lock();
        try {
            return singles.size() + rows.size();
        } finally {
            lock.unlock();
        }
    }

    /** {@return in how many seconds, at least 1, what waits now will be done as far as is known} */
    long secondsToWait() {
        return Math.max(1, Math.round(Math.ceil(waiting() * secondsPerPair)));
    }

    /** {@return how many rows a stream should have in the queue: the next batch while this one is computed} */
    int window() {
        return 2 * size();
    }

    private int size() {
        return secondsPerPair == 0
                ? Math.min(FIRST_BATCH, most)
                : (int) Math.max(1, Math.min(most, BATCH_SECONDS / secondsPerPair));
    }

    private void work() {
        while (true) {
            List<Waiting> batch = next();
            if (batch.isEmpty()) {
                return;
            }
            long start = System.nanoTime();
            answer(batch);
            double seconds = (System.nanoTime() - start) / 1e9;
            double now = seconds / batch.size();
            secondsPerPair = secondsPerPair == 0 ? now : 0.8 * secondsPerPair + 0.2 * now;
            metrics.batch(batch.size(), seconds);
        }
    }

    /** {@return what is to be scored next; nothing when the queue is closed and empty} */
    private List<Waiting> next() {
        List<Waiting> batch = new ArrayList<>();
        lock.lock();
        try {
            while (batch.isEmpty()) {
                while (singles.isEmpty() && rows.isEmpty()) {
                    if (closed) {
                        return List.of();
                    }
                    changed.awaitUninterruptibly();
                }
                int size = size();
                for (boolean single = true; batch.size() < size; single = !single) {
                    Waiting waiting = (single ? singles : rows).poll();
                    if (waiting == null) {
                        waiting = (single ? rows : singles).poll();
                    }
                    if (waiting == null) {
                        break;
                    }
                    if (!waiting.answer.isDone()) {
                        batch.add(waiting);
                    }
                }
            }
            return batch;
        } finally {
            lock.unlock();
        }
    }

    /** Answers all; where the judge fails, each by itself, so that one pair's failure is not the others'. */
    private void answer(List<Waiting> batch) {
        try {
            List<Scored<Example>> scored =
                    judge.score(batch.stream().map(Waiting::pair).toList());
            for (int i = 0; i < batch.size(); i++) {
                batch.get(i).answer.complete(scored.get(i));
            }
        } catch (RuntimeException | Error e) { // also of memory: the next pair may be shorter
            if (batch.size() > 1 && !(e instanceof CancellationException)) {
                batch.forEach(waiting -> answer(List.of(waiting)));
            } else {
                batch.forEach(waiting -> waiting.answer.completeExceptionally(e));
            }
        }
    }

    /** Ends the work: the batch under way is interrupted, what waits is cancelled, and nothing is taken any more. */
    @Override
    public void close() {
        List<Waiting> left = new ArrayList<>();
        lock.lock();
        try {
            closed = true;
            left.addAll(singles);
            left.addAll(rows);
            singles.clear();
            rows.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        left.forEach(waiting -> waiting.answer.completeExceptionally(new CancellationException("the service stops")));
        worker.interrupt();
        boolean interrupted = false;
        while (worker.isAlive()) {
            try {
                worker.join();
            } catch (InterruptedException e) {
                interrupted = true; // the model may be closed only when nobody uses it
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
