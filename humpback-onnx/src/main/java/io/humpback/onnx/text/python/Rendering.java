package io.humpback.onnx.text.python;

import java.time.Clock;

/**
 * One rendering: where it is and what it has cost. Every step, every item of a list and every 32 characters of a text
 * that are made, searched or compared count as one, so that a template ends soon whatever it does.
 */
public final class Rendering {

    /** Characters of a text, beyond any context. */
    public static final int MAX_TEXT = 4 << 20;

    /** Items of a list. */
    private static final int MAX_LIST = 1_000_000;

    /** Macros, recursive loops and nested values that may be under way. */
    private static final int MAX_DEPTH = 150;

    private static final int MAX_WORK = 2_000_000;

    private static final int CHARACTERS = 32;

    private final Clock clock;
    private int line = 1;
    private int depth;
    private long work;

    public Rendering(Clock clock) {
        this.clock = clock;
    }

    public Clock clock() {
        return clock;
    }

    public int line() {
        return line;
    }

    /** Begins a statement. */
    public void at(int statement) {
        line = statement;
        spend(1);
    }

    /** Counts work. */
    public void spend(long units) {
        work += Math.max(0, units);
        if (work > MAX_WORK) {
            throw new TemplateError("takes too long: more than " + MAX_WORK + " steps");
        }
    }

    /** Counts a look at some characters. */
    public void read(long characters) {
        spend(characters / CHARACTERS);
    }

    /** Counts a search, which may have to compare the sought text at every place. */
    public void search(String text, String sought) {
        long places = Math.max(0, text.length() - sought.length() + 1L);
        spend(text.length() / CHARACTERS + places * sought.length() / (CHARACTERS * CHARACTERS));
    }

    /** Counts a text that is about to be made. */
    public void text(long characters) {
        if (characters > MAX_TEXT) {
            throw new TemplateError("a text of more than " + MAX_TEXT + " characters");
        }
        read(characters);
    }

    /** {@return a text that was made, counted: three times as long at most as what it was made of, as capitals can be} */
    public String made(String text) {
        text(text.length());
        return text;
    }

    /** Counts a list that is about to be made. */
    public void list(long items) {
        if (items > MAX_LIST) {
            throw new TemplateError("a list of more than " + MAX_LIST + " items");
        }
        spend(items);
    }

    /** Counts an item that is about to be added to a list of that many. */
    public void item(int before) {
        if (before >= MAX_LIST) {
            list(before + 1L);
        }
        spend(1);
    }

    /** Writes to an output. */
    public void write(StringBuilder out, String text) {
        if (out.length() + text.length() > MAX_TEXT) {
            throw new TemplateError("writes more than " + MAX_TEXT + " characters");
        }
        read(text.length());
        out.append(text);
    }

    /** Goes into a macro, a recursive loop or a nested value. */
    public void enter() {
        if (++depth > MAX_DEPTH) {
            throw new TemplateError("more than " + MAX_DEPTH + " macros, loops or values within each other");
        }
    }

    public void leave() {
        depth--;
    }
}
