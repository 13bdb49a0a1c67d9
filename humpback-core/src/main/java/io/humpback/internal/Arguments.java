package io.humpback.internal;

/** Checks of arguments, with one form of message. */
public final class Arguments {

    private Arguments() {}

    /** Throws an {@link IllegalArgumentException} such as {@code topP = 2.0: expected in (0, 1]} unless a condition holds. */
    public static void require(boolean holds, String name, Object found, String expected) {
        if (!holds) {
            throw new IllegalArgumentException(name + " = " + found + ": expected " + expected);
        }
    }
}
