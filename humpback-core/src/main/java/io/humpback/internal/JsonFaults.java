package io.humpback.internal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonEOFException;

/** What is wrong with a JSON text, in words that do not name the parser's classes and settings. */
public final class JsonFaults {

    private static final int MAX_LENGTH = 200;

    private JsonFaults() {}

    /** {@return such as {@code not JSON at column 6: Unexpected character ('}' (code 125))}} */
    public static String reason(JsonProcessingException e) {
        return "not JSON"
                + (e.getLocation() == null
                        ? ""
                        : " at column " + e.getLocation().getColumnNr()) + ": " + words(e);
    }

    private static String words(JsonProcessingException e) {
        String fault = e.getOriginalMessage();
        if (e instanceof JsonEOFException) {
            return "the value does not end";
        } else if (fault.startsWith("Trailing token")) {
            return "text after the value";
        } else if (fault.startsWith("Document nesting depth")) {
            return "nested too deep";
        }
        fault = fault.replaceAll(
                        "(?s) ?\\((although|not recognized|start marker|for|from|bound) .*",
                        "") // places in the one text
                .replaceAll(
                        "(?s)[:;,]? ?(enable|from|as per|was expecting|not allowed as per|expected a valid value) .*",
                        "")
                .replaceAll("(?s)`.*", "");
        return fault.length() <= MAX_LENGTH ? fault : fault.substring(0, MAX_LENGTH) + "...";
    }
}
