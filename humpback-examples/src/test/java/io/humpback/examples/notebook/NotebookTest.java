package io.humpback.examples.notebook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarOutputStream;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The notebook and the scripts do what they show. */
class NotebookTest {

    private static final Path NOTEBOOKS = Path.of("notebooks").toAbsolutePath();
    private static final String CLASS_PATH = System.getProperty("java.class.path");

    @TempDir
    private Path folder;

    private static Path kernel() {
        return Stream.of(CLASS_PATH.split(File.pathSeparator))
                .map(Path::of)
                .filter(file -> file.getFileName().toString().startsWith("rapaio-jupyter-kernel"))
                .findFirst()
                .orElseThrow();
    }

    /** What the class path of the tests holds, as jars: the kernel takes no folders. */
    private List<Path> jars() throws IOException {
        List<Path> jars = new ArrayList<>();
        for (String entry : CLASS_PATH.split(File.pathSeparator)) {
            Path path = Path.of(entry);
            if (Files.isDirectory(path) && !path.endsWith("test-classes")) {
                jars.add(jar(path, folder.resolve("classes" + jars.size() + ".jar")));
            } else if (entry.endsWith(".jar") && !path.equals(kernel())) {
                jars.add(path);
            }
        }
        return jars;
    }

    private static Path jar(Path classes, Path jar) throws IOException {
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file);
                Stream<Path> all = Files.walk(classes)) {
            for (Path each : all.filter(Files::isRegularFile).toList()) {
                out.putNextEntry(
                        new ZipEntry(classes.relativize(each).toString().replace('\\', '/')));
                Files.copy(each, out);
            }
        }
        return jar;
    }

    private static List<String> cells() throws IOException {
        List<String> cells = new ArrayList<>();
        for (JsonNode cell : json("humpback.ipynb").get("cells")) {
            if (cell.get("cell_type").textValue().equals("code")) {
                StringBuilder source = new StringBuilder();
                cell.get("source").forEach(line -> source.append(line.textValue()));
                cells.add(source.toString());
            }
        }
        return cells;
    }

    private static JsonNode json(String file) throws IOException {
        return new ObjectMapper().readTree(NOTEBOOKS.resolve(file).toFile());
    }

    @Test
    void theNotebookRunsInItsKernelAndShowsScoresAndReports() throws Exception {
        List<String> cells = cells();
        assertEquals("%jars ../target/humpback.jar", cells.get(0));
        String install = jars().stream().map(jar -> "%jars " + jar).collect(Collectors.joining("\n"));
        List<String> shown = new ArrayList<>();
        StringBuilder printed = new StringBuilder();
        try (JupyterKernel kernel = JupyterKernel.start(kernel(), folder, NOTEBOOKS)) {
            for (String cell : cells) {
                for (JsonNode left : kernel.run(cell.startsWith("%jars") ? install : cell)) {
                    JsonNode content = left.get("content");
                    assertFalse(left.get("msg_type").textValue().equals("error"), () -> cell + "\n" + content);
                    printed.append(content.path("text").asText());
                    if (content.path("data").has("text/html")) {
                        shown.add(content.get("data").get("text/html").textValue());
                    }
                }
            }
        }
        assertEquals(3, shown.size(), "a score, the table, and the run");
        assertTrue(shown.get(0).startsWith("<table"), shown.get(0));
        assertTrue(shown.get(1).contains("Pairs rated by nano") && shown.get(1).contains("Calibration"));
        assertTrue(shown.get(2).contains("kept for M_1"));
        assertTrue(shown.stream().skip(1).allMatch(html -> html.startsWith("<iframe sandbox=\"allow-scripts\" ")));
        assertTrue(printed.toString().matches("(?s).*curate-1: keeps \\d+ of \\d+ .*"), printed::toString);
    }

    private String run(Path directory, String... command) throws Exception {
        Path log = folder.resolve("log");
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        process.getOutputStream().close();
        try {
            assertTrue(process.waitFor(10, TimeUnit.MINUTES), "still running");
        } finally {
            process.destroyForcibly();
        }
        String out = Files.readString(log);
        assertEquals(0, process.exitValue(), out);
        return out;
    }

    private static String java(String program) {
        return Path.of(System.getProperty("java.home"), "bin", program).toString();
    }

    @Test
    void theScriptRunsInJShell() throws Exception {
        String out = run(
                NOTEBOOKS.getParent().getParent(),
                java("jshell"),
                "-R-Xmx1g",
                "--class-path",
                CLASS_PATH,
                NOTEBOOKS.resolve("humpback.jsh").toString());
        assertFalse(Pattern.compile("(?m)^\\|").matcher(out).find(), out); // how jshell tells of what is wrong
        Matcher wrote = Pattern.compile("wrote (\\S+) and (\\S+)").matcher(out);
        assertTrue(wrote.find(), out);
        assertTrue(Files.readString(Path.of(wrote.group(1))).contains("<svg"));
        assertTrue(Files.readString(Path.of(wrote.group(2))).contains("kept for M_1"));
    }

    @Test
    void theJBangFileRunsAndNamesThisVersion() throws Exception {
        Path file = NOTEBOOKS.resolve("Humpback.java");
        Path page = folder.resolve("page.html");
        String out = run(
                NOTEBOOKS,
                java("java"),
                "-Xmx1g",
                "-cp",
                CLASS_PATH,
                file.toString(),
                NOTEBOOKS.resolve("pairs.jsonl").toString(),
                page.toString());
        assertEquals(60, out.lines().filter(line -> line.contains("  outside ")).count(), out);
        assertTrue(Files.readString(page).contains("<svg"));
        assertTrue(Files.readString(file)
                .contains("//DEPS io.humpback:humpback-examples:"
                        + version("<artifactId>humpback-parent</artifactId>\\s*<version>")));
    }

    @Test
    void theKernelThatJBangStartsIsTheOneThatIsTested() throws IOException {
        JsonNode argv = json("kernel.json").get("argv");
        assertEquals("jbang", argv.get(0).textValue());
        assertEquals("{connection_file}", argv.get(argv.size() - 1).textValue());
        assertEquals(
                "io.github.padreati:rapaio-jupyter-kernel:" + version("<rapaio-kernel.version>"),
                argv.get(argv.size() - 2).textValue());
    }

    private static String version(String before) throws IOException {
        Matcher found = Pattern.compile(before + "([\\w.-]+)<").matcher(Files.readString(Path.of("../pom.xml")));
        assertTrue(found.find(), before);
        return found.group(1);
    }
}
