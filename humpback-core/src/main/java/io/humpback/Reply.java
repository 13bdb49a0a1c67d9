package io.humpback;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The instruction in what a model wrote when it was asked for nothing but one. Taken off are, where they are there, a
 * line that announces it ("Here is the instruction:"), a label ("Instruction:"), tags and quotation marks around the
 * whole, and what follows the first paragraph. A first paragraph that ends in a colon has the second one with it.
 * Nothing is reworded.
 *
 * @param instruction the instruction, empty if there is none
 * @param toEnd whether nothing but white space followed it: if the model was stopped, then within the instruction
 */
record Reply(String instruction, boolean toEnd) {

    private static final String NOUN = "(?:instruction|question|prompt|request|task|query)";

    private static final String NAMED = "[^\\n:]{0,80}?\\b" + NOUN + "\\b[^\\n:]{0,80}:";

    private static final Pattern ANNOUNCEMENT = Pattern.compile(
            "^(?:(?:sure|certainly|of course|okay|ok)[,.!]?+ ?+)?+(?:here(?:'s|\u2019s| is) " + NAMED + "\\s*+"
                    + "|(?:this is|a possible|the|one) " + NAMED + "[ \\t]*+\\n\\s*+)",
            Pattern.CASE_INSENSITIVE);
    private static final Pattern LABEL =
            Pattern.compile("^[*_#\\s]*+" + NOUN + "[*_]*+\\s?:[*_]*+\\s*+", Pattern.CASE_INSENSITIVE);
    private static final Pattern TAGS =
            Pattern.compile("^<(instruction|question|prompt)>(.*)</\\1>$", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
    private static final Pattern PARAGRAPH_END = Pattern.compile("\\n[ \\t]*+\\n");
    private static final Pattern OTHER_PART = Pattern.compile(
            "\\n[*_#]*+(?:response|answer|output|explanation|note|text)[*_]*+\\s?:", Pattern.CASE_INSENSITIVE);
    private static final String[] QUOTES = {
        "\"\"", "''", "\u201c\u201d", "\u2018\u2019", "\u00ab\u00bb", "\u201e\u201c", "``"
    };

    /** {@return the instruction in a model's output} */
    static Reply of(String output) {
        String text = output.strip().replace("\r\n", "\n");
        text = ANNOUNCEMENT.matcher(text).replaceFirst("");
        text = LABEL.matcher(text).replaceFirst("");
        String first = firstPart(text);
        boolean toEnd = first.length() == text.length();
        Matcher tags = TAGS.matcher(first);
        if (tags.matches()) {
            first = tags.group(2).strip();
        }
        return new Reply(unquoted(first), toEnd);
    }

    private static String firstPart(String text) {
        int end = text.length();
        Matcher paragraph = PARAGRAPH_END.matcher(text);
        while (paragraph.find()) {
            String before = text.substring(0, paragraph.start()).stripTrailing();
            if (!before.endsWith(":")) {
                end = paragraph.start();
                break;
            }
        }
        Matcher other = OTHER_PART.matcher(text).region(0, end);
        return text.substring(0, other.find() ? other.start() : end).strip();
    }

    private static String unquoted(String text) {
        for (String quotes : QUOTES) {
            char open = quotes.charAt(0);
            char close = quotes.charAt(1);
            boolean around = text.length() >= 2 && text.charAt(0) == open && text.charAt(text.length() - 1) == close;
            if (around) {
                String inside = text.substring(1, text.length() - 1);
                return inside.indexOf(open) < 0 && inside.indexOf(close) < 0 ? inside.strip() : text;
            }
        }
        return text;
    }
}
