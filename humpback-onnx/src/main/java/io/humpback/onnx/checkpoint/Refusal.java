package io.humpback.onnx.checkpoint;

import io.humpback.model.ModelException;

/** One-line errors about a file. Text from the file is shown without control or invisible characters, and never at length. */
public final class Refusal {

    private static final int MAX_LENGTH = 600;

    private Refusal() {}

    /** {@return the error "place: what", where {@code what} names the part, what was found and what was expected} */
    public static ModelException of(Object place, String what) {
        String line = (place + ": " + what).replaceAll("[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]", "?");
        return new ModelException(line.length() <= MAX_LENGTH ? line : line.substring(0, MAX_LENGTH) + " ...");
    }

    /** {@return a name found in a file, fit for a message: in quotes if it is unusual, cut if it is long} */
    public static String shown(String name) {
        String start = name.length() <= 100 ? name : name.substring(0, 100) + "...";
        return start.matches("[\\w.\\-/]+") ? start : '"' + start + '"';
    }
}
