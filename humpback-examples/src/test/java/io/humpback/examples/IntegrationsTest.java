package io.humpback.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.examples.nano.Nano;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the page of integrations shows runs, on the model that comes with the program. */
class IntegrationsTest {

    private static final Path PAGE = Path.of("INTEGRATIONS.md");

    private static final Pattern DEPENDENCY =
            Pattern.compile("<artifactId>([\\w-]+)</artifactId>\\s*<version>([\\w.-]+)</version>");

    @TempDir
    private Path folder;

    @Test
    void eachSnippetCompilesAndRuns() throws Exception {
        String nano = Snippets.quoted(Nano.resolve(Path.of(Nano.NAME)));
        List<String> snippets = Snippets.of(PAGE, "java").stream()
                .map(snippet -> snippet.replace("\"Llama-3.2-3B-Instruct\"", nano))
                .toList();
        Snippets.compile(snippets, folder);
        Snippets.run(snippets.size(), folder);
    }

    /** Ten lines and the imports. */
    @Test
    void eachSnippetIsShort() throws IOException {
        for (String snippet : Snippets.of(PAGE, "java")) {
            long lines = snippet.lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("import "))
                    .count();
            assertTrue(lines <= 10, () -> lines + " lines:\n" + snippet);
        }
    }

    @Test
    void theVersionsAreThoseOfTheBuild() throws IOException {
        String pom = Files.readString(Path.of("..", "pom.xml"));
        Map<String, String> expected = new TreeMap<>(Map.of(
                "langchain4j-core", property(pom, "langchain4j.version"),
                "spring-ai-commons", property(pom, "spring-ai.version")));
        Map<String, String> shown = new TreeMap<>();
        Matcher dependency = DEPENDENCY.matcher(String.join("\n", Snippets.of(PAGE, "xml")));
        while (dependency.find()) {
            shown.put(dependency.group(1), dependency.group(2));
        }
        assertEquals(expected, shown);
    }

    private static String property(String pom, String name) {
        Matcher found = Pattern.compile("<" + name + ">([^<]+)<").matcher(pom);
        assertTrue(found.find(), name);
        return found.group(1);
    }
}
