package io.humpback.examples.http;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads of a server that wait for a client only so long: one that is past its time is interrupted, which closes the channel that
 * it reads from or writes to. JDK's server has a limit of its own for whole requests, in a property of the process; a request
 * whose answer takes as long as a model needs it would not survive that.
 */
public final class PatientThreads implements Executor, AutoCloseable {

    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final ExecutorService threads;
    private final Duration patience;
    private final Map<Thread, Limit> limits = new ConcurrentHashMap<>();
    private final Thread clock = new Thread(this::watch, "patience");

    /** Until when a thread may work on its task; the clock and the thread agree under its lock that the task is over. */
    private static final class Limit {
        private long nanos;
        private boolean over;
    }

    /**
     * @param count of threads
     * @param patience how long a task may take in all, unless it {@linkplain #allow says otherwise}
     */
    public PatientThreads(int count, Duration patience) {
        this.threads = Executors.newFixedThreadPool(count);
        this.patience = patience;
        clock.setDaemon(true);
        clock.start();
    }

    @Override
    public void execute(Runnable task) {
        threads.execute(() -> {
            Limit limit = new Limit();
            limit.nanos = System.nanoTime() + patience.toNanos();
            limits.put(Thread.currentThread(), limit);
            try {
                task.run();
            } finally {
                synchronized (limit) {
                    limit.over = true;
                }
                limits.remove(Thread.currentThread());
                Thread.interrupted(); // the next task is none the wiser
            }
        });
    }

    /** Gives the task of the current thread a time from now on. */
    public void allow(Duration time) {
        Limit limit = limits.get(Thread.currentThread());
        if (limit != null) {
            synchronized (limit) {
                limit.nanos = System.nanoTime() + time.toNanos();
            }
        }
    }

    /** Gives the task of the current thread the time that each task has, from now on. */
    public void allow() {
        allow(patience);
    }

    private void watch() {
        while (!threads.isTerminated()) {
            LockSupport.parkNanos(TICK_NANOS);
            limits.forEach((thread, limit) -> {
                synchronized (limit) {
                    if (!limit.over && System.nanoTime() - limit.nanos > 0) {
                        thread.interrupt();
                    }
                }
            });
        }
    }

    /** Interrupts what is under way. */
    @Override
    public void close() {
        threads.shutdownNow();
    }
}
