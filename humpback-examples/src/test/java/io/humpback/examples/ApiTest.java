package io.humpback.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.Scorer;
import io.humpback.onnx.OnnxModel;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is the same in all exported types. */
class ApiTest {

    /** Kotlin's hard keywords, which are names in Java. */
    private static final Set<String> KOTLIN =
            Set.of("as", "fun", "in", "is", "object", "typealias", "typeof", "val", "var", "when");

    /** The exported types and those in them. */
    private static List<Class<?>> types() throws Exception {
        Set<String> packages = ModulesTest.exported(Scorer.class);
        packages.addAll(ModulesTest.exported(OnnxModel.class));
        List<Class<?>> types = ModulesTest.CLASSES.stream()
                .filter(type -> packages.contains(type.getPackageName()))
                .<Class<?>>map(type -> type.reflect())
                .filter(ApiTest::isPublic)
                .toList();
        assertTrue(types.size() > 70, types::toString);
        return types;
    }

    private static boolean isPublic(Class<?> type) {
        return Modifier.isPublic(type.getModifiers())
                && (type.getDeclaringClass() == null || isPublic(type.getDeclaringClass()));
    }

    @Test
    void noNameNeedsBackticksInKotlin() throws Exception {
        Set<String> found = new TreeSet<>();
        for (Class<?> type : types()) {
            Stream.of(
                            Arrays.stream(type.getPackageName().split("\\.")),
                            Stream.of(type.getSimpleName()),
                            Arrays.stream(type.getMethods()).map(method -> method.getName()),
                            Arrays.stream(type.getFields()).map(field -> field.getName()))
                    .flatMap(names -> names)
                    .filter(KOTLIN::contains)
                    .forEach(name -> found.add(type.getName() + ": " + name));
        }
        assertEquals(Set.of(), found);
    }
}
