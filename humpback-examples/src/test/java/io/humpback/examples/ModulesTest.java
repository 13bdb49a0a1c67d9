package io.humpback.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import io.humpback.Scorer;
import io.humpback.onnx.OnnxModel;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** How the modules lie side by side, on a class path and on a module path. */
class ModulesTest {

    static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages("io.humpback");

    /** The folder or jar that a class is from. */
    private static String module(JavaClass type) {
        String uri = type.getSource().orElseThrow().getUri().toString();
        return uri.substring(0, uri.length() - (type.getName().replace('.', '/') + ".class").length());
    }

    @Test
    void noPackageIsInTwoModules() {
        Map<String, Set<String>> modules = new TreeMap<>();
        CLASSES.forEach(type -> modules.computeIfAbsent(type.getPackageName(), name -> new TreeSet<>())
                .add(module(type)));
        modules.values().removeIf(places -> places.size() == 1);
        assertEquals(Map.of(), modules);
    }

    @Test
    void threeModulesAreSeen() {
        Set<String> modules = new TreeSet<>();
        CLASSES.forEach(type -> modules.add(module(type)));
        assertEquals(3, modules.size(), modules::toString);
        for (Class<?> type : new Class<?>[] {Scorer.class, OnnxModel.class, Main.class}) {
            assertTrue(CLASSES.contain(type), type::toString);
        }
    }

    /** The packages that a module exports to everybody. */
    static Set<String> exported(Class<?> type) throws URISyntaxException {
        Path place =
                Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
        ModuleDescriptor module =
                ModuleFinder.of(place).findAll().iterator().next().descriptor();
        assertFalse(module.isAutomatic(), module::name);
        Set<String> exported = new TreeSet<>();
        module.exports().stream()
                .filter(export -> !export.isQualified())
                .forEach(export -> exported.add(export.source()));
        return exported;
    }

    @Test
    void whatIsNotApiIsNotExported() throws URISyntaxException {
        assertEquals(Set.of("io.humpback.onnx"), exported(OnnxModel.class));
        assertEquals(
                Set.of(
                        "io.humpback",
                        "io.humpback.data",
                        "io.humpback.data.file",
                        "io.humpback.data.format",
                        "io.humpback.data.web",
                        "io.humpback.judge",
                        "io.humpback.langchain4j",
                        "io.humpback.model",
                        "io.humpback.quality",
                        "io.humpback.question",
                        "io.humpback.report",
                        "io.humpback.run",
                        "io.humpback.springai",
                        "io.humpback.testing"),
                exported(Scorer.class));
    }

    @Test
    void theExportedTypesAreFew() throws URISyntaxException {
        Set<String> packages = exported(Scorer.class);
        packages.addAll(exported(OnnxModel.class));
        long types = CLASSES.stream()
                .filter(type -> packages.contains(type.getPackageName()))
                .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC) && type.isTopLevelClass())
                .count();
        assertTrue(types <= 105, () -> types + " exported types, expected at most 105");
    }

    @Test
    void packagesHaveNoCycles() {
        SlicesRuleDefinition.slices()
                .assignedFrom(new EachPackage())
                .should()
                .beFreeOfCycles()
                .check(CLASSES);
    }

    private static final class EachPackage implements SliceAssignment {
        @Override
        public SliceIdentifier getIdentifierOf(JavaClass type) {
            return type.getPackageName().startsWith("io.humpback")
                    ? SliceIdentifier.of(type.getPackageName())
                    : SliceIdentifier.ignore();
        }

        @Override
        public String getDescription() {
            return "each package of the library";
        }
    }
}
