package io.humpback.examples.cli.io;

import java.util.Timer;
import java.util.TimerTask;

/** Says what is waited for, if it takes more than a moment. */
public final class Waiting implements AutoCloseable {

    private static final long MILLIS = 1000;

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
                MILLIS);
    }

    @Override
    public void close() {
        timer.cancel();
    }
}
