package io.humpback.examples;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/** The code that a page shows, compiled and run. */
final class Snippets {

    private Snippets() {}

    /** The blocks of a page in a language, in order. */
    static List<String> of(Path page, String language) throws IOException {
        Matcher block = Pattern.compile("(?ms)^```" + language + "\\n(.*?)^```$")
                .matcher(Files.readString(page).replace("\r\n", "\n"));
        List<String> blocks = new ArrayList<>();
        while (block.find()) {
            blocks.add(block.group(1));
        }
        assertFalse(blocks.isEmpty(), () -> page + ": no blocks in " + language);
        return blocks;
    }

    /** A path as a literal of Java. */
    static String quoted(Path path) {
        return '"' + path.toString().replace("\\", "\\\\") + '"';
    }

    /** Compiles snippets as classes {@code Snippet0}, {@code Snippet1}, ... in a folder. */
    static void compile(List<String> snippets, Path folder) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        for (int i = 0; i < snippets.size(); i++) {
            String source = asClass(snippets.get(i), "Snippet" + i);
            Path file = Files.writeString(folder.resolve("Snippet" + i + ".java"), source);
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

    /** Runs what {@link #compile} has left. */
    static void run(int snippets, Path folder) throws Exception {
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {folder.toUri().toURL()}, Snippets.class.getClassLoader())) {
            for (int i = 0; i < snippets; i++) {
                loader.loadClass("Snippet" + i).getMethod("run").invoke(null);
            }
        } catch (InvocationTargetException e) {
            throw new AssertionError(e.getCause());
        }
    }
}
