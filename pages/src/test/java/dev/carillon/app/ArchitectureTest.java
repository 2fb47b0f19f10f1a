package dev.carillon.app;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.carillon.PlatformRule;
import java.util.List;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.carillon.app", "dev.carillon.patch");

    @Test
    void module_uses_public_packages_of_the_server_only() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "dev.carillon.app",
                        "dev.carillon.patch",
                        "dev.carillon.auth",
                        "dev.carillon.base",
                        "dev.carillon.broadcast",
                        "dev.carillon.broker",
                        "dev.carillon.extension",
                        "dev.carillon.node",
                        "dev.carillon.scope",
                        "org.slf4j..",
                        "org.jspecify..",
                        "java..")
                .check(CLASSES);
    }

    @Test
    void patches_know_no_application() {
        noClasses()
                .that()
                .resideInAPackage("dev.carillon.patch")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.carillon.app")
                .check(CLASSES);
    }

    @Test
    void clocks_randomness_and_threads_come_from_the_platform() {
        PlatformRule.platformIsGiven(List.of(), List.of()).check(CLASSES);
    }
}
