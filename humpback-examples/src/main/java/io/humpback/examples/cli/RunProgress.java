package io.humpback.examples.cli;

import io.humpback.run.Forecast;
import io.humpback.run.RunListener;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A run on the terminal: a line for each stage, and how far it is. */
final class RunProgress implements RunListener, AutoCloseable {

    private static final long NANOS_BETWEEN = 10_000_000_000L;

    private final Terminal terminal;
    private String stage = "";
    private long lastLine = System.nanoTime();
    private @Nullable Step first;

    RunProgress(Terminal terminal) {
        this.terminal = terminal;
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
        line(stage + ": " + TrainCommand.rows(start));
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
