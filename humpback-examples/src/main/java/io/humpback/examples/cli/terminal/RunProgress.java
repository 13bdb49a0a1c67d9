package io.humpback.examples.cli.terminal;

import io.humpback.run.Forecast;
import io.humpback.run.RunListener;
import java.util.Locale;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** A run on the terminal: a line for each stage, and how far it is. */
public final class RunProgress implements RunListener, AutoCloseable {

    /** Between lines that somebody watches. */
    private static final long NANOS_BETWEEN = 1_000_000_000L;

    private final Terminal terminal;
    private String stage = "";
    private long start = System.nanoTime();
    private long lastLine = start;
    private Spacing spacing = new Spacing();
    private long before;
    private long done;
    private long of = -1;
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
        start = System.nanoTime();
        spacing = new Spacing();
        done = 0;
        of = -1;
        first = null;
        line(name + " ...");
    }

    @Override
    public void forecast(Forecast forecast) {
        line("forecast " + forecast);
    }

    @Override
    public void counted(String name, long already, long all) {
        before = already;
        done = already;
        of = all;
    }

    @Override
    public void advanced(String name, long now, OptionalLong all, double secondsLeft) {
        done = now;
        of = all.orElse(-1);
        if (due()) {
            line(rows(name, 0));
        }
    }

    /** Tells of a batch on its way; where it takes several calls of the model, of each in turn. */
    @Override
    public void progressed(Progress progress) {
        if (due()) {
            double rate = (progress.promptTokens() + progress.completionTokens()) / Math.max(1e-3, progress.seconds());
            line(String.format(Locale.ROOT, "%s, %.0f tokens/s", rows(stage, progress.items()), rate));
        }
    }

    /** {@return how far the stage is, with a number of rows that are not yet committed} */
    private String rows(String name, long more) {
        long now = of < 0 ? done + more : Math.min(of, done + more);
        String line = name + ": " + now + (of < 0 ? "" : " of " + of);
        double pace = (System.nanoTime() - start) / 1e9 / (now - before); // infinite before the first row
        return of < 0 || now <= before ? line : line + ", " + Spacing.clock((of - now) * pace) + " left";
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
                    "%s: step %d of %d, loss %.4f, %.0f tokens/s, %s left",
                    stage,
                    step.step(),
                    step.steps(),
                    step.loss(),
                    step.tokensPerSecond(),
                    Spacing.clock((step.steps() - step.step()) * pace)));
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
        long now = System.nanoTime();
        if (!terminal.interactive()) {
            return spacing.due((now - start) / 1e9);
        }
        boolean due = now - lastLine > NANOS_BETWEEN;
        lastLine = due ? now : lastLine;
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
