package io.humpback.examples;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.ReferenceData;
import io.humpback.examples.cli.Cli;
import java.io.IOException;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
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

    /** The blocks of the README in a language, in order. */
    private static List<String> blocks(String language) throws IOException {
        Matcher block = Pattern.compile("(?ms)^```" + language + "\\n(.*?)^```$")
                .matcher(Files.readString(ROOT.resolve("README.md")).replace("\r\n", "\n"));
        List<String> blocks = new ArrayList<>();
        while (block.find()) {
            blocks.add(block.group(1));
        }
        assertFalse(blocks.isEmpty(), () -> "no blocks in " + language);
        return blocks;
    }

    /** A snippet is imports and statements: the statements become a method. */
    private static String asClass(String snippet, String name) {
        String imports =
                snippet.lines().filter(line -> line.startsWith("import ")).collect(Collectors.joining("\n"));
        String body =
                snippet.lines().filter(line -> !line.startsWith("import ")).collect(Collectors.joining("\n"));
        return imports + "\npublic class " + name + " {\n  public static void run() throws Exception {\n" + body
                + "\n  }\n}\n";
    }

    @Test
    void javaSnippetsCompileAndRun() throws Exception {
        List<String> snippets = blocks("java");
        Path pages = Files.writeString(
                folder.resolve("page.html"), "<h2>Kettles</h2><p>" + "Boil the water once more. ".repeat(40) + "</p>");
        Path seed = Files.writeString(
                folder.resolve("seed.jsonl"), "{\"instruction\":\"Why is the sky blue?\",\"output\":\"It scatters.\"}");
        Path model = ReferenceData.path("data/golden/tiny-llama3");
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        for (int i = 0; i < snippets.size(); i++) {
            String name = "Snippet" + i;
            String source = asClass(snippets.get(i), name)
                    .replace("\"Llama-3.2-3B-Instruct\"", quoted(model))
                    .replace("\"pages\"", quoted(pages))
                    .replace("\"seed.jsonl\"", quoted(seed))
                    .replace("\"backward\"", quoted(folder.resolve("backward")))
                    .replace("\"runs/first\"", quoted(folder.resolve("run")))
                    .replace("\"trl.jsonl\"", quoted(folder.resolve("trl.jsonl")));
            Path file = Files.writeString(folder.resolve(name + ".java"), source);
            StringWriter faults = new StringWriter();
            boolean compiled = compiler.getTask(
                            faults,
                            null,
                            null,
                            List.of("-d", folder.toString(), "-cp", System.getProperty("java.class.path")),
                            null,
                            compiler.getStandardFileManager(null, null, null).getJavaFileObjects(file))
                    .call();
            assertTrue(compiled, () -> faults + source);
        }
        Assumptions.assumeTrue(
                Files.exists(model), "reference data tiny-llama3 is not here, snippets were only compiled");
        try (URLClassLoader loader = new URLClassLoader(
                new URL[] {folder.toUri().toURL()}, getClass().getClassLoader())) {
            for (int i = 0; i < snippets.size(); i++) {
                loader.loadClass("Snippet" + i).getMethod("run").invoke(null);
            }
        } catch (InvocationTargetException e) {
            throw new AssertionError(e.getCause());
        }
    }

    private static String quoted(Path path) {
        return '"' + path.toString().replace("\\", "\\\\") + '"';
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
    @ValueSource(strings = {"README.md", "humpback-examples/BENCHMARKS.md", "humpback-examples/NANO.md"})
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
