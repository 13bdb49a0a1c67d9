package io.humpback.report;

/** Builds HTML in which every text is escaped: only {@link #raw} takes markup, and it is given none but the page's own. */
final class Html {

    private final StringBuilder page = new StringBuilder();

    /** Adds markup. */
    Html raw(String markup) {
        page.append(markup);
        return this;
    }

    /** Adds text that may hold anything. */
    Html text(String text) {
        page.append(escape(text));
        return this;
    }

    /**
     * Adds an element that holds a text.
     *
     * @param tag its name, also with attributes
     */
    Html element(String tag, String text) {
        return raw("<" + tag + ">").text(text).raw("</" + tag.split(" ", 2)[0] + ">");
    }

    /** {@return a text that is but a text wherever it stands, also in an attribute} Control characters become spaces. */
    static String escape(String text) {
        StringBuilder escaped = new StringBuilder(text.length() + 16);
        text.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                case '\n', '\t' -> escaped.append((char) c);
                default -> escaped.appendCodePoint(isShown(c) ? c : isSpace(c) ? ' ' : 0xfffd);
            }
        });
        return escaped.toString();
    }

    private static boolean isSpace(int c) {
        return Character.isISOControl(c);
    }

    /** Neither a control character, nor half a surrogate pair, nor a mark that changes the direction of what follows. */
    private static boolean isShown(int c) {
        boolean directs = c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069;
        return !Character.isISOControl(c) && Character.getType(c) != Character.SURROGATE && !directs;
    }

    @Override
    public String toString() {
        return page.toString();
    }
}
