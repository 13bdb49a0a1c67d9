package io.humpback.prompt;

import java.util.BitSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The tags that texts stand between in a prompt: {@code <response>} and {@code </response>}, or, where one of the texts
 * holds such a tag itself, {@code <response-2>} and so on with the first number that none of them uses. So no text can
 * close its own fence, as with random tags; but equal texts always get equal prompts, and prompts of ordinary texts
 * have the first tag in common, which a runtime can then compute once for all of them.
 */
public final class Fence {

    private static final Pattern TAG = Pattern.compile(
            "<\\s*+/?+\\s*+(?:instruction|response|text)((?:-\\d{1,7})?+)\\s*+>", Pattern.CASE_INSENSITIVE);

    private final String suffix;

    private Fence(int number) {
        suffix = number == 1 ? "" : "-" + number;
    }

    /** {@return a fence that none of the texts can close} */
    public static Fence around(String... texts) {
        BitSet used = new BitSet();
        for (String text : texts) {
            Matcher tag = TAG.matcher(text);
            while (tag.find()) {
                used.set(
                        tag.group(1).isEmpty()
                                ? 1
                                : Integer.parseInt(tag.group(1).substring(1)));
            }
        }
        return new Fence(used.nextClearBit(1));
    }

    /** {@return a text between its tags, each on a line of its own; the name is instruction, response or text} */
    public String wrap(String name, String text) {
        return "<" + name + suffix + ">\n" + text + "\n</" + name + suffix + ">";
    }
}
