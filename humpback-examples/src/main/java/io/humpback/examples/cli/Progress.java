package io.humpback.examples.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** How far a piece of work is, with its rate and the time that remains, on the standard error stream. */
abstract class Progress implements AutoCloseable {

    private final long start = System.nanoTime();

    /** {@return progress of a task} @param total rows to be done; negative where unknown */
    static Progress of(Terminal terminal, String task, long total) {
        return terminal.interactive() ? new Bar(task, total) : new Lines(terminal.err(), task, total);
    }

    /** One row more is done with. */
    abstract void step();

    /** {@return wall-clock time since the beginning} */
    double seconds() {
        return (System.nanoTime() - start) / 1e9;
    }

    @Override
    public abstract void close();

    /** A bar that is drawn anew. */
    private static final class Bar extends Progress {

        private final ProgressBar bar;

        Bar(String task, long total) {
            bar = new ProgressBarBuilder()
                    .setTaskName(task)
                    .setInitialMax(total)
                    .setStyle(ProgressBarStyle.ASCII)
                    .setUpdateIntervalMillis(500)
                    .showSpeed()
                    .build();
        }

        @Override
        void step() {
            bar.step();
        }

        @Override
        public void close() {
            bar.close();
        }
    }

    /** A line now and then, for files and logs. */
    static final class Lines extends Progress {

        private static final double SECONDS_BETWEEN = 10;

        private final PrintWriter err;
        private final String task;
        private final long total;
        private long done;
        private double next = SECONDS_BETWEEN;

        Lines(PrintWriter err, String task, long total) {
            this.err = err;
            this.task = task;
            this.total = total;
        }

        @Override
        void step() {
            done++;
            double seconds = seconds();
            if (seconds >= next) {
                next = seconds + SECONDS_BETWEEN;
                err.println(line(task, done, total, seconds));
            }
        }

        /** {@return such as {@code score: 120 of 1000, 12.0/s, 1:13 left}} */
        static String line(String task, long done, long total, double seconds) {
            String of = total < 0 ? "" : " of " + total;
            String left = total < done ? "" : ", " + clock((total - done) * seconds / done) + " left";
            return String.format(Locale.ROOT, "%s: %d%s, %.1f/s%s", task, done, of, done / seconds, left);
        }

        private static String clock(double seconds) {
            Duration left = Duration.ofSeconds(Math.round(seconds));
            return left.toHours() > 0
                    ? "%d:%02d:%02d".formatted(left.toHours(), left.toMinutesPart(), left.toSecondsPart())
                    : "%d:%02d".formatted(left.toMinutes(), left.toSecondsPart());
        }

        @Override
        public void close() {}
    }
}
