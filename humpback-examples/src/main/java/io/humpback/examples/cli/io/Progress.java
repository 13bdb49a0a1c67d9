package io.humpback.examples.cli.io;

import io.humpback.model.Listener;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.Timer;
import java.util.TimerTask;
import java.util.concurrent.atomic.AtomicLong;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * How far a piece of work is, with its rate and the time that remains, on the standard error stream. It also shows
 * how fast the model is, which moves while a batch of rows is still on its way.
 */
public abstract class Progress implements AutoCloseable {

    private final long start = System.nanoTime();

    /**
     * {@return progress of a task}
     *
     * @param total rows to be done; negative where unknown
     */
    public static Progress of(Terminal terminal, String task, long total) {
        return of(terminal, task, total, 0);
    }

    /** The same of a task of which an earlier process has done some rows. */
    static Progress of(Terminal terminal, String task, long total, long before) {
        return terminal.interactive() ? new Bar(task, total, before) : new Lines(terminal.err(), task, total, before);
    }

    /** One more row is done. */
    public abstract void step();

    /** Shows how fast the model is. */
    public abstract void speed(String tokensPerSecond);

    /** Takes a report of a model on its work. */
    public final void progressed(Listener.Progress model) {
        long tokens = model.promptTokens() - model.sharedTokens() + model.completionTokens();
        speed(String.format(Locale.ROOT, "%.0f tokens/s", tokens / Math.max(model.seconds(), 1e-3)));
    }

    /** {@return wall-clock time since the beginning} */
    public double seconds() {
        return (System.nanoTime() - start) / 1e9;
    }

    @Override
    public abstract void close();

    /** A bar that is redrawn. */
    private static final class Bar extends Progress {

        private final ProgressBar bar;

        Bar(String task, long total, long before) {
            bar = new ProgressBarBuilder()
                    .setTaskName(task)
                    .setInitialMax(total)
                    .startsFrom(before, Duration.ZERO)
                    .setStyle(ProgressBarStyle.ASCII)
                    .setUpdateIntervalMillis(500)
                    .showSpeed()
                    .build();
        }

        @Override
        public void step() {
            bar.step();
        }

        @Override
        public void speed(String tokensPerSecond) {
            bar.setExtraMessage(tokensPerSecond);
        }

        @Override
        public void close() {
            bar.close();
        }
    }

    /** A line now and then, for files and logs. */
    public static final class Lines extends Progress {

        private static final long MILLIS_BETWEEN = 10_000;

        private final Timer timer = new Timer("progress", true);
        private final AtomicLong done = new AtomicLong();
        private volatile String speed = "";

        Lines(PrintWriter err, String task, long total, long before) {
            TimerTask print = new TimerTask() {
                @Override
                public void run() {
                    err.println(line(task, before + done.get(), before, total, seconds()) + speed);
                    err.flush();
                }
            };
            timer.schedule(print, MILLIS_BETWEEN, MILLIS_BETWEEN);
        }

        @Override
        public void step() {
            done.incrementAndGet();
        }

        @Override
        public void speed(String tokensPerSecond) {
            speed = ", " + tokensPerSecond;
        }

        /**
         * {@return such as {@code score: 120 of 1000, 12.0/s, 1:13 left}}
         *
         * @param done rows, with those that were done before, which say nothing about the rate
         */
        static String line(String task, long done, long before, long total, double seconds) {
            long now = done - before;
            String of = total < 0 ? "" : " of " + total;
            String left = total < done || now == 0 ? "" : ", " + clock((total - done) * seconds / now) + " left";
            return String.format(Locale.ROOT, "%s: %d%s, %.1f/s%s", task, done, of, now / seconds, left);
        }

        private static String clock(double seconds) {
            Duration left = Duration.ofSeconds(Math.round(seconds));
            return left.toHours() > 0
                    ? "%d:%02d:%02d".formatted(left.toHours(), left.toMinutesPart(), left.toSecondsPart())
                    : "%d:%02d".formatted(left.toMinutes(), left.toSecondsPart());
        }

        @Override
        public void close() {
            timer.cancel();
        }
    }
}
