package io.humpback.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.Scorer;
import io.humpback.onnx.OnnxModel;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Parameter;
import java.util.ArrayList;
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

    /** Calls of static methods with null for all arguments but numbers and truth values. */
    @Test
    void aNullArgumentIsNamed() throws Exception {
        List<String> silent = new ArrayList<>();
        int named = 0;
        for (Class<?> type : types()) {
            for (Method method : type.getDeclaredMethods()) {
                List<String> wanted = Arrays.stream(method.getParameters())
                        .filter(parameter -> !parameter.getType().isPrimitive())
                        .filter(parameter -> !Arrays.toString(
                                        parameter.getAnnotatedType().getAnnotations())
                                .contains("Nullable"))
                        .map(Parameter::getName)
                        .toList();
                if (!Modifier.isStatic(method.getModifiers())
                        || !Modifier.isPublic(method.getModifiers())
                        || method.isSynthetic()
                        || type.isEnum() && method.getName().equals("valueOf")
                        || wanted.isEmpty()) {
                    continue;
                }
                Object[] nulls = Arrays.stream(method.getParameterTypes())
                        .map(ApiTest::nothing)
                        .toArray();
                InvocationTargetException thrown = assertThrows(
                        InvocationTargetException.class, () -> method.invoke(null, nulls), method::toString);
                String message = String.valueOf(thrown.getCause().getMessage());
                named++;
                if (wanted.stream().noneMatch(message::contains) && !message.contains("\"null\"")) {
                    silent.add(method + ": " + message);
                }
            }
        }
        assertEquals(List.of(), silent);
        assertTrue(named > 40, named + " methods");
    }

    private static Object nothing(Class<?> type) {
        return type == boolean.class
                ? (Object) false
                : type == double.class ? (Object) 0.5 : type == long.class ? (Object) 1L : type == int.class ? 1 : null;
    }
}
