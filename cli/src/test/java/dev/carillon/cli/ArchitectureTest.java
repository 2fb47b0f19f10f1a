package dev.carillon.cli;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.carillon.process.ChildProcess;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The commands and what they are made of: this class path has all modules. */
class ArchitectureTest {
    private static final int MAX_FILES = 25;

    private static final JavaClasses EVERYTHING = new ClassFileImporter().importPackages("dev.carillon");
    private static final JavaClasses PRODUCT = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .withImportOption(location -> !location.contains("/testkit/") && !location.contains("-tests.jar"))
            .importPackages("dev.carillon");

    @Test
    void one_class_starts_processes_in_the_product_and_in_tests() {
        noClasses()
                .that()
                .doNotBelongToAnyOf(ChildProcess.class)
                .should()
                .dependOnClassesThat()
                .areAssignableTo(ProcessBuilder.class)
                .orShould()
                .callMethod(Runtime.class, "exec", String.class)
                .orShould()
                .callMethod(Runtime.class, "exec", String[].class)
                .check(EVERYTHING);
        // It sees the tests of other modules, too.
        assertThat(EVERYTHING)
                .extracting(JavaClass::getName)
                .contains(
                        "dev.carillon.cli.CommandProcess",
                        "dev.carillon.http.TestCertificate",
                        "dev.carillon.testkit.Fuzzing");
    }

    @Test
    void no_class_knows_the_one_that_runs_the_commands() {
        noClasses()
                .that()
                .doNotBelongToAnyOf(Main.class)
                .should()
                .dependOnClassesThat(belongToAnyOf(Main.class))
                .check(PRODUCT);
    }

    @Test
    void nothing_below_knows_the_commands_and_only_commands_know_picocli() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.carillon.cli..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.carillon.cli..", "picocli..")
                .check(PRODUCT);
        noClasses()
                .that()
                .resideInAnyPackage("dev.carillon.process", "dev.carillon.testkit")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.carillon.lab..", "dev.carillon.node", "dev.carillon.proxy")
                .check(EVERYTHING);
    }

    @Test
    void loggers_know_no_command() {
        noClasses()
                .that()
                .resideInAPackage("dev.carillon.cli.logging")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.carillon.cli")
                .check(PRODUCT);
    }

    @Test
    void packages_have_no_cycle() {
        slices().matching("dev.carillon.(**)").should().beFreeOfCycles().check(PRODUCT);
    }

    @Test
    void packages_of_commands_are_small() {
        Map<String, Long> files = PRODUCT.stream()
                .filter(type -> type.getPackageName().startsWith("dev.carillon.cli"))
                .filter(JavaClass::isTopLevelClass)
                .filter(type -> !type.getSimpleName().equals("package-info"))
                .collect(Collectors.groupingBy(JavaClass::getPackageName, Collectors.counting()));

        assertThat(files)
                .hasSize(2)
                .allSatisfy((name, count) -> assertThat(count).as(name).isLessThanOrEqualTo(MAX_FILES));
    }
}
