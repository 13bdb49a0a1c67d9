package io.humpback.examples;

import io.humpback.examples.cli.Cli;
import io.humpback.examples.cli.io.OnnxModels;
import io.humpback.examples.cli.io.Terminal;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The program: {@code java -jar humpback.jar --help}. */
public final class Main {

    /** What a stopped command has to close its files, before the JVM ends all the same. */
    private static final long SECONDS_TO_STOP = 10;

    private Main() {}

    /**
     * Runs a command and ends the JVM with its exit status: 0 done, 1 failed, 2 wrong use. Ctrl-C interrupts the command,
     * which then removes what it has begun to write; the JVM itself ends with 130.
     *
     * @param args see {@code --help}
     */
    public static void main(String[] args) {
        CountDownLatch ended = new CountDownLatch(1);
        Thread worker = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            worker.interrupt();
            try {
                ended.await(SECONDS_TO_STOP, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                // then it ends at once
            }
        }));
        int status;
        try {
            status = Cli.execute(new OnnxModels(), Terminal.ofProcess(), args);
        } finally {
            ended.countDown();
        }
        System.exit(status);
    }
}
