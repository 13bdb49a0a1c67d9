package io.humpback.examples.cli.io;

import io.humpback.data.DataException;
import io.humpback.examples.cli.resume.StoppedException;
import io.humpback.model.ModelException;
import io.humpback.model.PromptTooLongException;
import io.humpback.run.RunStoppedException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** What a failure is called on one line. */
public final class Failure {

    private Failure() {}

    /** {@return "stopped", and where the work goes on when it is started again} */
    public static String stop(Throwable failure) {
        return failure instanceof RunStoppedException || failure instanceof StoppedException
                ? "stopped: " + failure.getMessage()
                : "stopped";
    }

    /** {@return whether the work was interrupted, rather than failed} */
    public static boolean isStop(Throwable failure) {
        for (Throwable e = failure; e != null; e = e.getCause()) {
            if (e instanceof CancellationException
                    || e instanceof ClosedByInterruptException
                    || e instanceof InterruptedException) {
                return true;
            }
            // the interrupt closed a file under another thread that works on it too
            if (e instanceof ClosedChannelException && Thread.currentThread().isInterrupted()) {
                return true;
            }
        }
        return false;
    }

    /** {@return one line that names the place, what was found and what was expected, as far as the failure says} */
    public static String line(Throwable failure) {
        return oneLine(text(failure));
    }

    /** {@return a text with its line breaks and control characters replaced} */
    public static String oneLine(@Nullable String text) {
        return String.valueOf(text)
                .strip()
                .replaceAll("\\s*[\\r\\n\\u2028\\u2029]+\\s*", " ")
                .replaceAll("\\p{Cntrl}", "?");
    }

    private static String text(Throwable e) {
        Throwable cause = e.getCause();
        boolean wrapper = e instanceof UncheckedIOException
                || e instanceof ExecutionException
                || e instanceof CompletionException;
        if (wrapper && cause != null) {
            return text(cause);
        }
        String message = e.getMessage();
        String kind = e.getClass().getSimpleName();
        if (e instanceof NoSuchFileException) {
            return message + ": no such file or folder";
        } else if (e instanceof AccessDeniedException) {
            return message + ": access denied";
        } else if (e instanceof FileAlreadyExistsException) {
            return message + ": exists already, expected a new one";
        } else if (e instanceof FileSystemException file && file.getReason() == null) {
            return message + ": " + kind;
        } else if (e instanceof OutOfMemoryError) {
            long heap = Runtime.getRuntime().maxMemory() >> 20;
            return "out of memory (" + message + "): the heap may grow to " + heap + " MiB, java -Xmx gives it more";
        } else if (message == null) {
            return kind;
        }
        boolean plain = e instanceof DataException
                || e instanceof ModelException
                || e instanceof PromptTooLongException
                || e instanceof IllegalArgumentException
                || e instanceof IOException;
        return plain ? message : kind + ": " + message;
    }
}
