package io.humpback.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Javadoc reads a block tag only at the start of a line; anywhere else the page shows it as text, and doclint is silent. */
class JavadocTest {

    private static final Path ROOT = Path.of("..");

    private static final Pattern COMMENT = Pattern.compile("/\\*\\*.*?\\*/", Pattern.DOTALL);

    private static final Pattern TAG_AFTER_TEXT = Pattern.compile(
            "(?m)^\\h*+(?:/\\*\\*)?+[\\h*]*+[^\\h\\v*].*?(?<![{\\w])@(?:param|return|throws|see|since|deprecated)\\b.*$");

    /** The lines of a source in which a block tag stands after text. */
    private static List<String> misplaced(String source) {
        List<String> lines = new ArrayList<>();
        Matcher comment = COMMENT.matcher(source);
        while (comment.find()) {
            TAG_AFTER_TEXT
                    .matcher(comment.group())
                    .results()
                    .forEach(line -> lines.add(line.group().strip()));
        }
        return lines;
    }

    @Test
    void aBlockTagAfterTextIsFound() {
        assertEquals(
                List.of("/** Adds. @param x a number */"),
                misplaced("/** Adds. @param x a number */\nvoid add(int x);"));
        assertEquals(
                List.of("* {@return a sum} @param x a number"),
                misplaced("/**\n * {@return a sum} @param x a number\n */"));
        assertEquals(
                List.of("* @param x a number @param y another"),
                misplaced("/**\n * @param x a number @param y another\n */"));
    }

    @Test
    void blockTagsAtTheStartOfALineAndInlineTagsAreNot() {
        assertEquals(
                List.of(),
                misplaced("/**\n * {@return a sum}\n *\n * @param x a number\n * @throws E if {@code x}\n */"));
        assertEquals(List.of(), misplaced("/** @param x a number */"));
        assertEquals(List.of(), misplaced("String at = \"a @param b\"; // not @param either"));
    }

    @Test
    void noSourceHasABlockTagAfterText() throws IOException {
        List<String> found = new ArrayList<>();
        for (String module : List.of("humpback-core", "humpback-onnx", "humpback-onnx/spark", "humpback-examples")) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/main/java"))) {
                List<Path> sources =
                        files.filter(file -> file.toString().endsWith(".java")).toList();
                assertFalse(sources.isEmpty(), module);
                sources.forEach(file -> misplaced(read(file)).forEach(line -> found.add(file + ": " + line)));
            }
        }
        assertEquals(List.of(), found);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
