package dev.carillon.edge;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    @Test
    void module_uses_no_other_package_of_carillon() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "dev.carillon.edge",
                        "io.undertow..",
                        "org.xnio..",
                        "org.slf4j..",
                        "org.jspecify..",
                        "com.sun.management",
                        "java..",
                        "javax.net.ssl..")
                .check(new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("dev.carillon.edge"));
    }
}
