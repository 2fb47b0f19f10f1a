package dev.carillon.proxy;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    @Test
    void module_uses_nothing_of_carillon_but_itself_and_the_edge() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "dev.carillon.proxy",
                        "dev.carillon.edge",
                        "io.undertow..",
                        "org.xnio..",
                        "org.slf4j..",
                        "org.jspecify..",
                        "com.sun.management",
                        "java..",
                        "javax.net.ssl")
                .check(new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        // Modules of their own, which tests use.
                        .withImportOption(location -> !location.contains("/dev/carillon/process/")
                                && !location.contains("/dev/carillon/testkit/"))
                        .importPackages("dev.carillon"));
    }

    @Test
    void the_server_is_not_even_on_the_class_path_of_the_tests() {
        assertThatThrownBy(() -> Class.forName("dev.carillon.node.Node")).isInstanceOf(ClassNotFoundException.class);
    }
}
