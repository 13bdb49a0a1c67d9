package io.humpback.internal;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/** Faults of files that are only read. */
public final class ReadFaults {

    private ReadFaults() {}

    /** {@return the message of a fault, after the name of its kind where the message alone would not say what it is} */
    public static String reason(Exception e) {
        String message = e.getMessage();
        String kind = e.getClass().getSimpleName();
        if (message == null) {
            return kind;
        }
        boolean plain = e.getClass() == IOException.class
                || e instanceof EOFException
                || e instanceof ZipException
                || e.getClass().getName().startsWith("io.humpback.");
        return plain ? message : kind + ": " + message;
    }

    /** Closes what was only read from, where a fault has no consequence. */
    public static void closeQuietly(@Nullable Closeable closeable) {
        try {
            if (closeable != null) {
                closeable.close();
            }
        } catch (IOException e) {
            // it was only read from
        }
    }
}
