package io.humpback.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What SPARK.md shows is what there is. */
class SparkPageTest {

    @TempDir
    private Path folder;

    private static String page() throws IOException {
        return Files.readString(Path.of("../../humpback-examples/SPARK.md")).replace("\r\n", "\n");
    }

    @Test
    void theExampleCompiles() throws IOException {
        Matcher block = Pattern.compile("(?ms)^```java\\n(.*?)^```$").matcher(page());
        assertTrue(block.find());
        List<String> lines = block.group(1).lines().toList();
        String source = lines.stream()
                        .filter(line -> line.startsWith("import "))
                        .collect(Collectors.joining("\n"))
                + "\nclass Page { void page() throws Exception {\n"
                + lines.stream().filter(line -> !line.startsWith("import ")).collect(Collectors.joining("\n")) + "}}";
        JavaFileObject file = new SimpleJavaFileObject(URI.create("string:///Page.java"), JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return source;
            }
        };
        StringWriter messages = new StringWriter();
        String path = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        boolean compiled = ToolProvider.getSystemJavaCompiler()
                .getTask(
                        messages,
                        null,
                        null,
                        List.of("-d", folder.toString(), "-cp", path, "-proc:none"),
                        null,
                        List.of(file))
                .call();
        assertTrue(compiled, messages::toString);
    }

    @Test
    void theTableNamesEachStageWithItsColumns() throws IOException {
        String page = page();
        Set<String> stages = ConnectTest.stages();
        assertEquals(5, stages.size());
        stages.forEach(stage -> assertTrue(page.contains("| `" + stage + "` |"), stage));
        for (String field : PairScorer.SCORE.fieldNames()) {
            assertTrue(page.contains("`" + field + "`"), field);
        }
    }
}
