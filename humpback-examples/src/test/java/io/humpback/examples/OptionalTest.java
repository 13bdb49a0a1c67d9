package io.humpback.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import io.humpback.Scorer;
import io.humpback.onnx.OnnxModel;
import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What other people's frameworks bring is not needed by those who do not use them. */
class OptionalTest {

    /** LangChain4j, Spring AI and what only they need. */
    static final Pattern FRAMEWORKS = Pattern.compile("/dev/langchain4j/|/org/springframework/|/io/micrometer/|"
            + "/tools/jackson/|/com/knuddels/|/org/hdrhistogram/|/commons-logging/");

    private static final Set<String> INTEGRATIONS = Set.of("io.humpback.langchain4j", "io.humpback.springai");

    private static URLClassLoader withoutFrameworks() throws Exception {
        List<URL> path = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(Pattern.quote(File.pathSeparator))) {
            if (!FRAMEWORKS.matcher(entry.replace('\\', '/')).find()) {
                path.add(Path.of(entry).toUri().toURL());
            }
        }
        return new URLClassLoader(path.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
    }

    /** The names of the exported types outside the integrations. */
    private static List<String> exported() throws Exception {
        Set<String> packages = new TreeSet<>(ModulesTest.exported(Scorer.class));
        packages.addAll(ModulesTest.exported(OnnxModel.class));
        packages.removeAll(INTEGRATIONS);
        return ModulesTest.CLASSES.stream()
                .filter(type -> packages.contains(type.getPackageName()))
                .map(JavaClass::getName)
                .toList();
    }

    @Test
    void allOtherTypesAreWholeWithoutTheFrameworks() throws Exception {
        List<String> names = exported();
        assertTrue(names.size() > 200, () -> names.size() + " types");
        try (URLClassLoader loader = withoutFrameworks()) {
            for (String name : names) {
                Class<?> type = Class.forName(name, true, loader);
                type.getDeclaredMethods(); // resolves every type in them
                type.getDeclaredConstructors();
                type.getDeclaredFields();
            }
        }
    }

    @Test
    void theIntegrationsAreThereForThoseWhoBringTheFramework() throws Exception {
        try (URLClassLoader loader = withoutFrameworks()) {
            for (String name : List.of(
                    "io.humpback.langchain4j.HumpbackDecisionModel", "io.humpback.springai.HumpbackEvaluator")) {
                assertThrows(NoClassDefFoundError.class, () -> Class.forName(name, true, loader), name);
                Class.forName(name); // with all on the class path
            }
        }
    }

    @Test
    void nothingElseKnowsTheFrameworks() {
        List<String> found = ModulesTest.CLASSES.stream()
                .filter(type -> !INTEGRATIONS.contains(type.getPackageName()))
                .filter(type -> type.getDirectDependenciesFromSelf().stream()
                        .map(dependency -> dependency.getTargetClass().getPackageName())
                        .anyMatch(name -> Stream.of("dev.langchain4j", "org.springframework")
                                .anyMatch(name::startsWith)))
                .map(JavaClass::getName)
                .toList();
        assertEquals(List.of(), found);
    }
}
