package dev.carillon.cli;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.properties.HasName;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.Location;
import dev.carillon.process.ChildProcess;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Dependencies of the commands; this class path has all modules. */
class ArchitectureTest {
    private static final int MAX_FILES = 25;

    private static final JavaClasses EVERYTHING = modules();
    private static final JavaClasses PRODUCT = EVERYTHING.that(DescribedPredicate.describe(
            "are of the product",
            type -> type.getSource()
                    .map(source -> source.getUri().getPath() == null
                            ? source.getUri().getSchemeSpecificPart()
                            : source.getUri().getPath())
                    .filter(path -> !path.contains("/test-classes/")
                            && !path.contains("-tests.jar")
                            && !path.contains("/dev/carillon/testkit/"))
                    .isPresent()));

    /** Of all modules and their tests. The rules need the mere names of classes of libraries and the JDK, which would take most of the time to read. */
    private static JavaClasses modules() {
        return ArchConfiguration.withThreadLocalScope(configuration -> {
            configuration.setResolveMissingDependenciesFromClassPath(false);
            return read();
        });
    }

    private static JavaClasses read() {
        return new ClassFileImporter()
                .importLocations(Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                        .filter(entry -> entry.contains("/target/"))
                        .map(ArchitectureTest::location)
                        .collect(Collectors.toSet()));
    }

    private static Location location(String entry) {
        try {
            return entry.endsWith(".jar") ? Location.of(new JarFile(entry)) : Location.of(Path.of(entry));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void one_class_starts_processes_in_the_product_and_in_tests() {
        noClasses()
                .that()
                .doNotBelongToAnyOf(ChildProcess.class)
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.lang.ProcessBuilder")
                .orShould()
                .callMethodWhere(JavaCall.Predicates.target(HasName.Predicates.name("exec"))
                        .and(JavaCall.Predicates.target(owner(type(Runtime.class)))))
                .check(EVERYTHING);
        // It sees the tests of other modules, too.
        assertThat(EVERYTHING)
                .extracting(JavaClass::getName)
                .contains(
                        "dev.carillon.cli.CommandProcess",
                        "dev.carillon.testkit.TestCertificate",
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
                .filter(type -> (type.getPackageName() + ".").startsWith("dev.carillon.cli."))
                .filter(JavaClass::isTopLevelClass)
                .filter(type -> !type.getSimpleName().equals("package-info"))
                .collect(Collectors.groupingBy(JavaClass::getPackageName, Collectors.counting()));

        assertThat(files)
                .hasSizeGreaterThanOrEqualTo(6)
                .allSatisfy((name, count) -> assertThat(count).as(name).isLessThanOrEqualTo(MAX_FILES));
    }
}
