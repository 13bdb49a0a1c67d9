package io.humpback.examples;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.ReferenceData;
import io.humpback.examples.cli.Cli;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jdk.jshell.JShell;
import jdk.jshell.Snippet;
import jdk.jshell.SnippetEvent;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the README shows is what there is. */
class ReadmeTest {

    private static final Path ROOT = Path.of("..");

    @TempDir
    private Path folder;

    private static List<String> blocks(String language) throws IOException {
        return Snippets.of(ROOT.resolve("README.md"), language);
    }

    @Test
    void javaSnippetsCompileAndRun() throws Exception {
        List<String> snippets = blocks("java");
        Path pages = Files.writeString(
                folder.resolve("page.html"), "<h2>Kettles</h2><p>" + "Boil the water once more. ".repeat(40) + "</p>");
        Path seed = Files.writeString(
                folder.resolve("seed.jsonl"), "{\"instruction\":\"Why is the sky blue?\",\"output\":\"It scatters.\"}");
        Path model = ReferenceData.path("data/golden/tiny-llama3");
        List<String> sources = snippets.stream()
                .map(snippet -> snippet.replace("\"Llama-3.2-3B-Instruct\"", Snippets.quoted(model))
                        .replace("\"pages\"", Snippets.quoted(pages))
                        .replace("\"seed.jsonl\"", Snippets.quoted(seed))
                        .replace("\"backward\"", Snippets.quoted(folder.resolve("backward")))
                        .replace("\"runs/first\"", Snippets.quoted(folder.resolve("run")))
                        .replace("\"trl.jsonl\"", Snippets.quoted(folder.resolve("trl.jsonl"))))
                .toList();
        Snippets.compile(sources, folder);
        Assumptions.assumeTrue(
                Files.exists(model), "reference data tiny-llama3 is not here, snippets were only compiled");
        Snippets.run(sources.size(), folder);
    }

    @Test
    void theJShellSessionShowsWhatItShows() throws Exception {
        Path models =
                ReferenceData.file("models/SmolLM2-135M-Instruct.Q4_1.gguf").getParent();
        try (JShell shell = JShell.builder().executionEngine("local").build()) {
            shell.addToClasspath(System.getProperty("java.class.path"));
            evaluate(shell, "import java.nio.file.*;"); // as jshell does by itself
            List<String> lines = blocks("jshell").get(0).lines().toList();
            for (int i = 0; i < lines.size(); i++) {
                if (!lines.get(i).startsWith("jshell> ")) {
                    continue;
                }
                String input = lines.get(i)
                        .substring("jshell> ".length())
                        .replace("../shared/models", models.toString().replace("\\", "/"));
                String value = evaluate(shell, input);
                String shown = i + 1 < lines.size() ? lines.get(i + 1) : "";
                if (shown.contains(" ==> ")) {
                    assertSameButForRounding(shown.substring(shown.indexOf(" ==> ") + 5), value);
                }
            }
        }
    }

    /** Another processor may round the last digit of a number elsewhere. */
    private static void assertSameButForRounding(String shown, String value) {
        Pattern number = Pattern.compile("\\d*\\.\\d+");
        assertEquals(
                number.matcher(shown).replaceAll("#"), number.matcher(value).replaceAll("#"));
        List<MatchResult> expected = number.matcher(shown).results().toList();
        List<MatchResult> found = number.matcher(value).results().toList();
        for (int i = 0; i < expected.size(); i++) {
            assertEquals(
                    Double.parseDouble(expected.get(i).group()),
                    Double.parseDouble(found.get(i).group()),
                    0.0101,
                    value);
        }
    }

    private static String evaluate(JShell shell, String input) throws Exception {
        String value = null;
        // adds the semicolon that jshell adds
        String source = shell.sourceCodeAnalysis().analyzeCompletion(input).source();
        for (SnippetEvent event : shell.eval(source)) {
            assertEquals(
                    Snippet.Status.VALID,
                    event.status(),
                    () -> input + ": "
                            + shell.diagnostics(event.snippet())
                                    .map(found -> found.getMessage(null))
                                    .toList());
            assertNull(event.exception(), () -> input + ": " + event.exception());
            value = event.value();
        }
        return value;
    }

    @Test
    void continuousIntegrationRunsTheTestCommandAndThenTheMainCommand() throws IOException {
        List<String> commands = blocks("sh").stream().map(String::strip).toList();
        assertEquals(2, commands.size(), "the main command and the test command");
        List<String> run = Files.readAllLines(ROOT.resolve(".ci/run"));
        assertTrue(run.indexOf(commands.get(1)) > 0, commands.get(1));
        assertTrue(run.indexOf(commands.get(0)) > run.indexOf(commands.get(1)), commands.get(0));
    }

    @Test
    void theVersionsAreThoseOfTheBuild() throws IOException {
        String pom = Files.readString(ROOT.resolve("pom.xml"));
        String version = version(pom, "<artifactId>humpback-parent</artifactId>\\s*<version>");
        assertNotNull(version);
        for (String xml : blocks("xml")) {
            assertEquals(version, version(xml, "<artifactId>humpback-onnx</artifactId>\\s*<version>"));
        }
        assertEquals(
                version(pom, "<onnxruntime.version>"),
                version(String.join("\n", blocks("xml")), "<artifactId>onnxruntime</artifactId>\\s*<version>"));
    }

    private static String version(String text, String before) {
        Matcher found = Pattern.compile(before + "([\\w.-]+)<").matcher(text);
        return found.find() ? found.group(1) : null;
    }

    @Test
    void itFitsIntoTwelveKilobytes() throws IOException {
        assertTrue(Files.size(ROOT.resolve("README.md")) <= 12 << 10);
    }

    @ParameterizedTest
    @ValueSource(strings = {"README.md", "humpback-examples/BENCHMARKS.md", "humpback-examples/NANO.md"})
    void commandsAreUsedRightly(String page) throws IOException {
        Matcher command = Pattern.compile(
                        "(?m)^(?:java -jar humpback-examples/target/humpback.jar|humpback) ([a-z].*)$")
                .matcher(Files.readString(ROOT.resolve(page)));
        int commands = 0;
        while (command.find()) {
            String line = command.group(1).replaceFirst("\\s+# .*", "");
            assertDoesNotThrow(() -> Cli.parse(line.split(" ")), line);
            commands++;
        }
        assertTrue(commands > 0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "README.md",
                "humpback-examples/BENCHMARKS.md",
                "humpback-examples/NANO.md",
                "humpback-examples/INTEGRATIONS.md"
            })
    void linksLeadToSections(String page) throws IOException {
        Path file = ROOT.resolve(page);
        Matcher link = Pattern.compile("\\]\\((?!https:)([^)#]*)#?([^)]*)\\)").matcher(Files.readString(file));
        while (link.find()) {
            Path target = link.group(1).isEmpty() ? file : file.resolveSibling(link.group(1));
            assertTrue(Files.exists(target), link.group());
            assertTrue(link.group(2).isEmpty() || anchors(target).contains(link.group(2)), link.group());
        }
    }

    private static List<String> anchors(Path page) throws IOException {
        return Files.readAllLines(page).stream()
                .filter(line -> line.matches("#+ .*"))
                .map(line -> line.replaceFirst("#+ ", "")
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\w\\- ]", "")
                        .replace(' ', '-'))
                .toList();
    }
}
