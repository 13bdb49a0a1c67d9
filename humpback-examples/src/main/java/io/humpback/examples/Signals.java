package io.humpback.examples;

import io.humpback.internal.TemporaryFiles;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.Map;

/**
 * Ctrl-C and SIGTERM interrupt a thread, which ends the JVM when it has cleaned up. Left to the JVM, they would begin its
 * shutdown at once, in which ONNX Runtime closes itself under sessions that are being opened, and the process aborts
 * (onnxruntime#31352).
 */
final class Signals {

    /** What a command has to close its files; then, or at a second signal, the JVM ends as it is. */
    private static final long MILLIS_TO_STOP = 30_000;

    private static final int INTERRUPTS = 3;

    private static final int CAUGHT = 128;

    private final Thread worker;
    private volatile int caught; // number of the first signal, 0 before it

    private Signals(Thread worker) {
        this.worker = worker;
    }

    /** {@return the signals, which from now on interrupt a thread} */
    static Signals interrupting(Thread worker) {
        Signals signals = new Signals(worker);
        Map.of("INT", 2, "TERM", 15).forEach(signals::listen);
        return signals;
    }

    /** {@return the status to end with, if a command's own is this} */
    int status(int command) {
        return caught != 0 && command != 0 ? CAUGHT + caught : command;
    }

    private void stop(int number) {
        if (caught != 0) {
            end(number);
        }
        caught = number;
        Thread patience = new Thread(() -> {
            try {
                for (int i = 0; i < INTERRUPTS; i++) { // one can be lost in a library
                    worker.interrupt();
                    Thread.sleep(MILLIS_TO_STOP / INTERRUPTS);
                }
            } catch (InterruptedException e) {
                // then it ends at once
            }
            end(number);
        });
        patience.setDaemon(true);
        patience.start();
    }

    private static void end(int number) {
        TemporaryFiles.delete();
        Runtime.getRuntime().halt(CAUGHT + number);
    }

    /** By reflection, since the compiler warns of {@code sun.misc} whatever is suppressed; the class is there to stay. */
    private void listen(String name, int number) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            InvocationHandler stop = (proxy, method, arguments) -> {
                if (method.getName().equals("handle")) {
                    stop(number);
                }
                return null;
            };
            signal.getMethod("handle", signal, handler)
                    .invoke(
                            null,
                            signal.getConstructor(String.class).newInstance(name),
                            Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, stop));
        } catch (ReflectiveOperationException e) {
            // such as with java -Xrs: the JVM then ends as it does without us
        }
    }
}
