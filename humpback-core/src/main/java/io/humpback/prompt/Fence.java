package io.humpback.prompt;

import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The tags that texts stand between in a prompt: {@code <response>} and {@code </response>}, or, where one of the texts
 * holds such a tag itself, {@code <response-2>} and so on with the first number that none of them uses. So no text can
 * close its own fence, as with random tags; but equal texts always get equal prompts, and prompts of ordinary texts
 * have the first tag in common, which a runtime can then compute once for all of them.
 */
public final class Fence {

    private static final Pattern TAG =
            Pattern.compile("<\\s*+/?+\\s*+([a-z][a-z0-9_]*+)((?:-\\d{1,7})?+)\\s*+>", Pattern.CASE_INSENSITIVE);

    /** What may stand in a tag: the names of all that is asked about by stock prompts. */
    private static final Set<String> NAMES = Set.of("instruction", "response", "text");

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]{0,39}");

    private final String suffix;

    private Fence(int number) {
        suffix = number == 1 ? "" : "-" + number;
    }

    /** {@return a fence named instruction, response or text that none of the texts can close} */
    public static Fence around(String... texts) {
        return around(NAMES, List.of(texts));
    }

    /**
     * {@return a fence that none of the texts can close}
     *
     * @param names what the tags are to be called, each as {@link #isName} wants it
     * @param texts what will stand between them
     */
    public static Fence around(Set<String> names, Collection<String> texts) {
        BitSet used = new BitSet();
        for (String text : texts) {
            Matcher tag = TAG.matcher(text);
            while (tag.find()) {
                if (names.contains(tag.group(1).toLowerCase(Locale.ROOT))) {
                    used.set(
                            tag.group(2).isEmpty()
                                    ? 1
                                    : Integer.parseInt(tag.group(2).substring(1)));
                }
            }
        }
        return new Fence(used.nextClearBit(1));
    }

    /** {@return whether tags may have a name: a letter, then at most 39 letters, digits and underscores, all lower case} */
    public static boolean isName(String name) {
        return NAME.matcher(name).matches();
    }

    /** {@return a text between its tags, each on a line of its own; the name is one that the fence was made for} */
    public String wrap(String name, String text) {
        return "<" + name + suffix + ">\n" + text + "\n</" + name + suffix + ">";
    }
}
