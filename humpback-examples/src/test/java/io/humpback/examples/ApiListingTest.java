package io.humpback.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.Scorer;
import io.humpback.onnx.OnnxModel;
import java.io.IOException;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What the exported packages hold is what {@code api.txt} says: a change of the API is a change of that file, which is seen
 * in review. It is the baseline as long as no version is released that another tool could compare with.
 */
class ApiListingTest {

    private static final Path LISTING = Path.of("src/test/resources/io/humpback/examples/api.txt");

    @Test
    void theApiIsWhatTheListingSays() throws Exception {
        List<String> found = listing();
        if (Boolean.getBoolean("humpback.api.update")) {
            Files.write(LISTING, found);
        }
        List<String> expected = Files.readAllLines(LISTING);
        Set<String> gone = new TreeSet<>(expected);
        found.forEach(gone::remove);
        Set<String> added = new TreeSet<>(found);
        expected.forEach(added::remove);
        String advice = "the API changed; where that is meant, run this test with -Dhumpback.api.update=true";
        assertEquals(Set.of(), gone, advice + "; gone or other than it was");
        assertEquals(Set.of(), added, advice + "; new");
        assertEquals(expected, found, advice);
        assertTrue(found.size() > 700, () -> found.size() + " lines");
    }

    /** A line for each type and each of its members that others can see. */
    private static List<String> listing() throws Exception {
        List<String> lines = new ArrayList<>();
        for (Class<?> type : types()) {
            lines.add(declaration(type));
            members(type).map(line -> "    " + line).sorted().forEach(lines::add);
        }
        return lines;
    }

    private static List<Class<?>> types() throws Exception {
        Set<String> packages = ModulesTest.exported(Scorer.class);
        packages.addAll(ModulesTest.exported(OnnxModel.class));
        return ModulesTest.CLASSES.stream()
                .filter(type -> packages.contains(type.getPackageName()))
                .<Class<?>>map(type -> type.reflect())
                .filter(ApiListingTest::isSeen)
                .sorted(Comparator.comparing(Class::getName))
                .toList();
    }

    private static boolean isSeen(Class<?> type) {
        return isSeen(type.getModifiers()) && (type.getDeclaringClass() == null || isSeen(type.getDeclaringClass()));
    }

    private static boolean isSeen(int modifiers) {
        return Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers);
    }

    private static String declaration(Class<?> type) {
        StringBuilder line = new StringBuilder();
        line.append(type.isSealed() ? "sealed " : Modifier.isFinal(type.getModifiers()) ? "final " : "");
        line.append(Modifier.isAbstract(type.getModifiers()) && !type.isInterface() ? "abstract " : "");
        line.append(
                type.isInterface() ? "interface " : type.isEnum() ? "enum " : type.isRecord() ? "record " : "class ");
        line.append(type.getName()).append(names(type.getTypeParameters(), "<", ">"));
        line.append(type.isRecord() ? names(components(type), "(", ")") : "");
        Type parent = type.getGenericSuperclass();
        line.append(parent == null || parent == Object.class ? "" : " extends " + parent.getTypeName());
        return line.append(names(type.getGenericInterfaces(), " implements ", ""))
                .toString();
    }

    private static Type[] components(Class<?> type) {
        return Arrays.stream(type.getRecordComponents())
                .map(component -> component.getGenericType())
                .toArray(Type[]::new);
    }

    private static String names(Type[] types, String before, String after) {
        return types.length == 0
                ? ""
                : Arrays.stream(types).map(Type::getTypeName).collect(Collectors.joining(", ", before, after));
    }

    private static Stream<String> members(Class<?> type) {
        List<AccessibleObject> all = new ArrayList<>();
        all.addAll(List.of(type.getDeclaredFields()));
        all.addAll(List.of(type.getDeclaredConstructors()));
        all.addAll(List.of(type.getDeclaredMethods()));
        return all.stream()
                .filter(member -> isSeen(((Member) member).getModifiers()) && !((Member) member).isSynthetic())
                .map(ApiListingTest::signature);
    }

    /** What is said without the names of parameters and without what callers do not see. */
    private static String signature(AccessibleObject member) {
        String text = member instanceof Executable executable
                ? executable.toGenericString()
                : ((Field) member).toGenericString();
        String bare = text.replaceAll("\\b(?:synchronized|native|strictfp|transient|volatile) ", "");
        return member instanceof Method method && method.getDefaultValue() != null
                ? bare + " default " + method.getDefaultValue()
                : bare;
    }

    @Test
    void aTypesLineSaysWhatItIs() {
        assertEquals(
                "record io.humpback.examples.ApiListingTest$Sample<T>(T, java.util.List<java.lang.String>)"
                        + " extends java.lang.Record implements java.lang.Comparable<java.lang.String>",
                declaration(Sample.class).replaceFirst("^final ", ""));
        assertEquals(
                List.of(
                        "public T io.humpback.examples.ApiListingTest$Sample.first()",
                        "public int io.humpback.examples.ApiListingTest$Sample.compareTo(java.lang.String)"),
                members(Sample.class)
                        .filter(line -> line.contains("first()") || line.contains("compareTo"))
                        .sorted()
                        .toList());
    }

    private record Sample<T>(T first, List<String> second) implements Comparable<String> {
        @Override
        public synchronized int compareTo(String other) {
            return hidden();
        }

        private int hidden() {
            return second.size();
        }
    }

    @Test
    void theListingIsSorted() throws IOException {
        List<String> types = Files.readAllLines(LISTING).stream()
                .filter(line -> !line.startsWith(" "))
                .map(line -> line.replaceFirst("^(?:sealed |final |abstract )*(?:interface|enum|record|class) ", ""))
                .map(line -> line.replaceFirst("[<( ].*", ""))
                .toList();
        assertEquals(types.stream().sorted().toList(), types);
    }
}
