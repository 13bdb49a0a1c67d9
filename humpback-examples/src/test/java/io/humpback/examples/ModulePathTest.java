package io.humpback.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.examples.nano.Nano;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A module of a user, compiled and run with all that the library needs on the module path, and no framework. */
class ModulePathTest {

    private static final Pattern FOR_TESTS = Pattern.compile(
            "test-classes|-tests\\.jar|/org/junit/|/net/jqwik/|/com/tngtech/|/org/opentest4j/|/org/apiguardian/"
                    + "|humpback-examples/|/io/github/padreati/|/org/dflib/|/org/zeromq/|/eu/neilalexander/");

    private static final String MODULE = "module app { requires io.humpback; requires io.humpback.onnx; }";

    private static final String PROGRAM = """
            package app;

            import io.humpback.*;
            import io.humpback.data.*;
            import io.humpback.onnx.*;
            import io.humpback.run.*;
            import java.nio.file.Path;
            import java.util.List;

            public final class Program {
                public static void main(String[] args) throws Exception {
                    try (OnnxModel model = OnnxModel.load(Path.of(args[0]))) {
                        double value = Scorer.using(model).score("Why?", "Because.").value();
                        Humpback.at(Path.of(args[1]))
                                .base(model)
                                .seed(List.of(new Example("Why?", "Because.")))
                                .corpus(Path.of(args[2]))
                                .dryRun();
                        System.out.println(value >= 1 && value <= 5 ? "done" : "value " + value);
                    }
                }
            }
            """;

    @TempDir
    private Path folder;

    @Test
    void aModuleThatRequiresTheLibraryScoresAndRuns() throws Exception {
        String path = Stream.of(System.getProperty("java.class.path").split(Pattern.quote(File.pathSeparator)))
                .filter(entry -> !FOR_TESTS.matcher(entry.replace('\\', '/')).find())
                .filter(entry -> !OptionalTest.FRAMEWORKS
                        .matcher(entry.replace('\\', '/'))
                        .find())
                .collect(Collectors.joining(File.pathSeparator));
        Path module = Files.writeString(folder.resolve("module-info.java"), MODULE);
        Path program = Files.writeString(folder.resolve("Program.java"), PROGRAM);
        Path classes = folder.resolve("classes");
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        int compiled = ToolProvider.getSystemJavaCompiler()
                .run(null, said, said, "-p", path, "-d", classes.toString(), module.toString(), program.toString());
        assertEquals(0, compiled, () -> said.toString(StandardCharsets.UTF_8));

        Path pages = Files.writeString(
                folder.resolve("page.html"),
                "<h1>Stones</h1><p>" + "A grey stone lies by the river. ".repeat(20) + "</p>");
        Path printed = folder.resolve("printed");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-p",
                        path + File.pathSeparator + classes,
                        "-m",
                        "app/app.Program",
                        Nano.resolve(Path.of(Nano.NAME)).toString(),
                        folder.resolve("run").toString(),
                        pages.toString())
                .redirectErrorStream(true)
                .redirectOutput(printed.toFile())
                .start();
        try {
            assertTrue(process.waitFor(300, TimeUnit.SECONDS), "still running");
        } finally {
            process.destroyForcibly();
        }
        assertEquals(0, process.exitValue(), () -> printed(printed));
        assertTrue(printed(printed).endsWith("done\n"), () -> printed(printed));
    }

    private static String printed(Path file) {
        try {
            return Files.readString(file);
        } catch (java.io.IOException e) {
            return e.toString();
        }
    }
}
