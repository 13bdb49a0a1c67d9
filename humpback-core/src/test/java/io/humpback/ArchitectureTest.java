package io.humpback;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

/** Dependencies between packages point one way: the root to quality and data, these to model. */
class ArchitectureTest {

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.humpback");

    @Test
    void packagesHaveNoCycles() {
        slices().assignedFrom(new EachPackage()).should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void theDoorKnowsNothingOfTheMethod() {
        noClasses()
                .that()
                .resideInAPackage("io.humpback.model")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.humpback", "io.humpback.data..", "io.humpback.quality..")
                .check(CLASSES);
    }

    @Test
    void dataAndQualityKnowNothingOfTheVerbs() {
        noClasses()
                .that()
                .resideInAnyPackage("io.humpback.data..", "io.humpback.quality..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.humpback", "io.humpback.run..")
                .check(CLASSES);
    }

    @Test
    void theVerbsKnowNothingOfTheRun() {
        noClasses()
                .that()
                .resideInAPackage("io.humpback")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.humpback.run..")
                .check(CLASSES);
    }

    @Test
    void theRoomsBelowTheRunKnowNothingOfItsStages() {
        noClasses()
                .that()
                .resideInAnyPackage("io.humpback.run.store", "io.humpback.run.files", "io.humpback.run.cost")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.humpback", "io.humpback.run")
                .check(CLASSES);
    }

    @Test
    void theRulesSeeTheClasses() {
        Assertions.assertTrue(CLASSES.contain(Scorer.class));
        Assertions.assertTrue(CLASSES.contain(io.humpback.model.LanguageModel.class));
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
