package io.humpback.examples.cli.io;

import io.humpback.run.Forecast;
import io.humpback.run.RunListener;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A run on the terminal: a line for each stage, and how far it is. */
public final class RunProgress implements RunListener, AutoCloseable {

    private static final long NANOS_BETWEEN = 10_000_000_000L;

    private final Terminal terminal;
    private String stage = "";
    private long lastLine = System.nanoTime();
    private @Nullable Step first;

    public RunProgress(Terminal terminal) {
        this.terminal = terminal;
    }

    /** {@return such as {@code 94 rows, 10 held out, 8 left out as too long, 3 cut; goes on after step 19 of 48}} */
    public static String rows(Start start) {
        return start.examples() + " rows, " + start.heldOut() + " held out"
                + (start.tooLong() > 0 ? ", " + start.tooLong() + " left out as too long" : "")
                + (start.unlabelled() > 0 ? ", " + start.unlabelled() + " without a token to learn" : "")
                + (start.cut() > 0 ? ", " + start.cut() + " cut" : "")
                + (start.step() > 0 ? "; goes on after step " + start.step() + " of " + start.steps() : "");
    }

    @Override
    public void began(String name) {
        stage = name;
        first = null;
        line(name + " ...");
    }

    @Override
    public void forecast(Forecast forecast) {
        line("forecast " + forecast);
    }

    @Override
    public void advanced(String name, long done, long of, double secondsLeft) {
        if (due()) {
            String left = of < 0 ? "" : String.format(Locale.ROOT, " of %d, %.0f s left", of, secondsLeft);
            line(name + ": " + done + left);
        }
    }

    @Override
    public void progressed(Progress progress) {
        if (due()) {
            line(String.format(
                    Locale.ROOT,
                    "%s: %d of a batch, %.0f tokens/s",
                    stage,
                    progress.items(),
                    (progress.promptTokens() + progress.completionTokens()) / Math.max(1e-3, progress.seconds())));
        }
    }

    @Override
    public void started(Start start) {
        line(stage + ": " + rows(start));
    }

    @Override
    public void stepped(Step step) {
        if (first == null) { // its time is also that of the held-out rows measured before it
            first = step;
        } else if (due()) {
            double pace = (step.seconds() - first.seconds()) / (step.step() - first.step());
            line(String.format(
                    Locale.ROOT,
                    "%s: step %d of %d, loss %.4f, %.0f tokens/s, %.0f s left",
                    stage,
                    step.step(),
                    step.steps(),
                    step.loss(),
                    step.tokensPerSecond(),
                    (step.steps() - step.step()) * pace));
        }
    }

    @Override
    public void curated(int round, long kept, long of, String rule, double lowest) {
        line(String.format(
                Locale.ROOT,
                "%s: keeps %d of %d (%s%s)",
                stage,
                kept,
                of,
                rule,
                kept == 0 ? "" : String.format(Locale.ROOT, ", from score %.2f", lowest)));
    }

    @Override
    public void ended(String name, double seconds) {
        line(String.format(Locale.ROOT, "%s: done in %.1f s", name, seconds));
    }

    private boolean due() {
        boolean due = System.nanoTime() - lastLine > (terminal.interactive() ? NANOS_BETWEEN / 10 : NANOS_BETWEEN);
        lastLine = due ? System.nanoTime() : lastLine;
        return due;
    }

    private void line(String text) {
        terminal.err().println(text);
        terminal.err().flush();
    }

    @Override
    public void close() {
        terminal.err().flush();
    }
}
