package dev.carillon.lab;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The allowed dependencies of the lab's packages: each may use the packages listed here, those that they use, and {@link LabException}. */
class ArchitectureTest {
    private static final Map<String, List<String>> ALLOWED = Map.ofEntries(
            Map.entry("fleet", List.of()),
            Map.entry("load", List.of("fleet")),
            Map.entry("account", List.of("fleet")),
            Map.entry("cluster", List.of()),
            Map.entry("faults", List.of("account", "cluster")),
            Map.entry("simulation", List.of("simulation.page", "simulation.client")),
            Map.entry("simulation.page", List.of("simulation.cluster")),
            Map.entry("simulation.client", List.of("account", "simulation.plan", "simulation.host")),
            Map.entry("simulation.cluster", List.of("simulation.broker")),
            Map.entry("simulation.broker", List.of("simulation.plan", "simulation.host", "simulation.rules")),
            Map.entry("simulation.host", List.of()),
            Map.entry("simulation.plan", List.of()),
            Map.entry("simulation.rules", List.of()),
            Map.entry("soak", List.of("fleet", "cluster")),
            Map.entry("bench", List.of("load", "cluster")),
            Map.entry("sticky", List.of("cluster")),
            Map.entry("scale", List.of("bench")),
            Map.entry("report", List.of("load", "faults", "soak", "sticky", "scale", "rehearse", "simulation")),
            Map.entry("rehearse", List.of()));

    private static final int MAX_FILES = 25;

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.carillon.lab");

    @Test
    void each_package_uses_only_allowed_packages() {
        ALLOWED.keySet().forEach(name -> {
            Set<String> forbidden = new LinkedHashSet<>(ALLOWED.keySet());
            forbidden.removeAll(reachable(name));
            noClasses()
                    .that()
                    .resideInAPackage(packageOf(name))
                    .should()
                    .dependOnClassesThat(resideInAnyPackage(
                            forbidden.stream().map(ArchitectureTest::packageOf).toArray(String[]::new)))
                    .check(CLASSES);
        });
    }

    @Test
    void every_class_except_the_exception_is_in_a_listed_package() {
        classes()
                .that()
                .doNotHaveSimpleName("LabException")
                .and()
                .doNotHaveSimpleName("package-info")
                .should()
                .resideInAnyPackage(ALLOWED.keySet().stream()
                        .map(ArchitectureTest::packageOf)
                        .toArray(String[]::new))
                .check(CLASSES);
        assertThat(CLASSES).hasSizeGreaterThan(80);
    }

    @Test
    void packages_have_no_cycle() {
        slices().matching("dev.carillon.lab.(**)").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void clients_and_accounting_use_no_code_of_the_server() {
        classes()
                .that()
                .resideInAnyPackage(packageOf("fleet"), packageOf("load"), packageOf("account"))
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "dev.carillon.lab..",
                        "dev.carillon.process",
                        "java..",
                        "javax..",
                        "org.jspecify..",
                        "org.slf4j..",
                        "org.HdrHistogram..",
                        "com.fasterxml.jackson..")
                .check(CLASSES);
    }

    @Test
    void main_code_uses_no_test_library() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.carillon.testkit..", "org.junit..", "org.awaitility..")
                .check(CLASSES);
    }

    @Test
    void packages_are_small() {
        Map<String, Long> files = CLASSES.stream()
                .filter(JavaClass::isTopLevelClass)
                .filter(type -> !type.getSimpleName().equals("package-info"))
                .collect(Collectors.groupingBy(JavaClass::getPackageName, Collectors.counting()));

        assertThat(files).allSatisfy((name, count) -> assertThat(count).as(name).isLessThanOrEqualTo(MAX_FILES));
    }

    private static String packageOf(String name) {
        return "dev.carillon.lab." + name;
    }

    /** A package and all packages that it may use. */
    private static Set<String> reachable(String name) {
        Set<String> reached = new LinkedHashSet<>(Set.of(name));
        ALLOWED.getOrDefault(name, List.of()).forEach(used -> reached.addAll(reachable(used)));
        return reached;
    }
}
