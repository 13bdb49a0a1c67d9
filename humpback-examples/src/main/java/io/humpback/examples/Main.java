package io.humpback.examples;

import io.humpback.examples.cli.Cli;
import io.humpback.examples.cli.io.OnnxModels;
import io.humpback.examples.cli.terminal.Terminal;

/** The program: {@code java -jar humpback.jar --help}. */
public final class Main {

    private Main() {}

    /**
     * Runs a command and ends the JVM with its exit status: 0 done, 1 failed, 2 wrong use. Ctrl-C interrupts the command,
     * which then removes what it has begun to write, and the JVM ends with 130; likewise SIGTERM and 143.
     *
     * @param args see {@code --help}
     */
    public static void main(String[] args) {
        Signals signals = Signals.interrupting(Thread.currentThread());
        System.exit(signals.status(Cli.execute(new OnnxModels(), Terminal.ofProcess(), args)));
    }
}
