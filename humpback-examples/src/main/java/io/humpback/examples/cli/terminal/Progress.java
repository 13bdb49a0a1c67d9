package io.humpback.examples.cli.terminal;

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
import org.jspecify.annotations.Nullable;

/**
 * How far a piece of work is, with its rate and the time that remains, on the standard error stream. It also shows
 * how fast the model is, which moves while a batch of rows is still on its way.
 */
public abstract class Progress implements AutoCloseable {

    private final long start = System.nanoTime();

    /** {@return progress of a task} */
    public static Progress of(Terminal terminal, String task, Extent extent) {
        return of(terminal, task, extent, 0);
    }

    /** The same of a task of which an earlier process has done some rows. */
    public static Progress of(Terminal terminal, String task, Extent extent, long before) {
        return terminal.interactive() ? new Bar(task, extent, before) : new Lines(terminal.err(), task, extent, before);
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

    /** A bar that is redrawn, from the first sign of work on: lines may come before. */
    private static final class Bar extends Progress {

        private final String task;
        private final Extent extent;
        private final long before;
        private @Nullable ProgressBar bar;

        Bar(String task, Extent extent, long before) {
            this.task = task;
            this.extent = extent;
            this.before = before;
        }

        private ProgressBar drawn() {
            ProgressBar drawn = bar;
            if (drawn == null) {
                drawn = new ProgressBarBuilder()
                        .setTaskName(task)
                        .setInitialMax(extent.total(before))
                        .startsFrom(before, Duration.ZERO)
                        .setStyle(ProgressBarStyle.ASCII)
                        .setUpdateIntervalMillis(500)
                        .showSpeed()
                        .build();
                bar = drawn;
            }
            return drawn;
        }

        @Override
        public void step() {
            ProgressBar drawn = drawn();
            drawn.step();
            drawn.maxHint(extent.total(drawn.getCurrent()));
        }

        @Override
        public void speed(String tokensPerSecond) {
            drawn().setExtraMessage(tokensPerSecond);
        }

        @Override
        public void close() {
            if (bar != null) {
                bar.close();
            }
        }
    }

    /** A line now and then, for files and logs. */
    public static final class Lines extends Progress {

        private static final long MILLIS_BETWEEN = 1000;

        private final Timer timer = new Timer("progress", true);
        private final AtomicLong done = new AtomicLong();
        private volatile String speed = "";

        Lines(PrintWriter err, String task, Extent extent, long before) {
            Spacing spacing = new Spacing();
            TimerTask print = new TimerTask() {
                @Override
                public void run() {
                    if (spacing.due(seconds())) {
                        long now = before + done.get();
                        err.println(line(task, now, before, extent.total(now), seconds()) + speed);
                        err.flush();
                    }
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
         * {@return such as {@code score: 120 of 1000, 12.0/s, 1:13 left}, or before the first row {@code after 0:10}}
         *
         * @param done rows, with those that were done before, which say nothing about the rate
         */
        static String line(String task, long done, long before, long total, double seconds) {
            long now = done - before;
            String line = task + ": " + done + (total < 0 ? "" : " of " + total);
            if (now == 0) {
                return line + " after " + Spacing.clock(seconds);
            }
            String left = total < done ? "" : ", " + Spacing.clock((total - done) * seconds / now) + " left";
            return String.format(Locale.ROOT, "%s, %.1f/s%s", line, now / seconds, left);
        }

        @Override
        public void close() {
            timer.cancel();
        }
    }
}
