package io.humpback.examples.cli.terminal;

import java.util.Timer;
import java.util.TimerTask;

/** Says what is waited for, if it takes more than a moment. */
public final class Waiting implements AutoCloseable {

    /** Of somebody who watches, and before a line in a log. */
    private static final long MOMENT = 1000;

    private static final long LONG = 10_000;

    private final Timer timer = new Timer("waiting", true);

    public Waiting(Terminal terminal, String what) {
        timer.schedule(
                new TimerTask() {
                    @Override
                    public void run() {
                        terminal.err().println(what + " ...");
                        terminal.err().flush();
                    }
                },
                terminal.interactive() ? MOMENT : LONG);
    }

    @Override
    public void close() {
        timer.cancel();
    }
}
