package dev.carillon.jte;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.carillon.PlatformRule;
import java.util.List;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.carillon.jte");

    @Test
    void module_uses_the_api_of_pages_and_jte_only() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("dev.carillon.jte", "dev.carillon.page", "gg.jte..", "org.jspecify..", "java..")
                .check(CLASSES);
    }

    @Test
    void clocks_randomness_and_threads_come_from_the_platform() {
        // The end of the process has a thread.
        PlatformRule.platformIsGiven(List.of("dev.carillon.jte.CompiledClasses"), List.of())
                .check(CLASSES);
    }
}
