package io.humpback.internal;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Work that must not meet an interrupt of its caller, because it would swallow it or be torn apart: it is done on a thread
 * of its own, and the caller is interrupted again when it has ended.
 */
public final class OwnThread {

    private OwnThread() {}

    /**
     * {@return what the work gives}
     *
     * @param name of the thread
     * @param stack bytes of its stack, 0 for the usual ones
     * @throws ExecutionException with the fault as its cause
     */
    public static <T> T call(String name, long stack, Callable<T> work) throws ExecutionException {
        FutureTask<T> task = new FutureTask<>(work);
        new Thread(null, task, name, stack).start();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
