package dev.carillon.planner;

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

class ArchitectureTest {
    private static final String ROOT = "dev.carillon.planner";
    private static final int MAX_FILES = 25;

    /** Packages below the module's root, and those that each may use, with what these use. */
    private static final Map<String, List<String>> ALLOWED = Map.of(
            ".base", List.of(),
            ".calibration", List.of(".base"),
            ".workload", List.of(".base"),
            "", List.of(".calibration", ".workload"),
            ".simulation", List.of(""),
            ".report", List.of(".simulation"));

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT);

    @Test
    void module_calculates_only() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "dev.carillon.planner..",
                        "org.jspecify..",
                        "java.lang..",
                        "java.io",
                        "java.nio.charset",
                        "java.util..")
                .check(CLASSES);
        noClasses()
                .should()
                .dependOnClassesThat()
                .haveNameMatching(
                        "java\\.lang\\.(Thread|System|Process.*)|java\\.io\\.File.*|java\\.util\\.concurrent\\..*")
                .check(CLASSES);
    }

    @Test
    void each_package_uses_only_allowed_packages() {
        ALLOWED.keySet().forEach(name -> {
            Set<String> forbidden = new LinkedHashSet<>(ALLOWED.keySet());
            forbidden.removeAll(reachable(name));
            noClasses()
                    .that()
                    .resideInAPackage(ROOT + name)
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(
                            forbidden.stream().map(other -> ROOT + other).toArray(String[]::new))
                    .allowEmptyShould(true)
                    .check(CLASSES);
        });
        slices().matching("dev.carillon.(**)").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void packages_are_small() {
        Map<String, Long> files = CLASSES.stream()
                .filter(JavaClass::isTopLevelClass)
                .filter(type -> !type.getSimpleName().equals("package-info"))
                .collect(Collectors.groupingBy(JavaClass::getPackageName, Collectors.counting()));

        assertThat(files)
                .hasSize(ALLOWED.size())
                .allSatisfy((name, count) -> assertThat(count).as(name).isLessThanOrEqualTo(MAX_FILES));
    }

    private static Set<String> reachable(String name) {
        Set<String> reached = new LinkedHashSet<>(Set.of(name));
        ALLOWED.getOrDefault(name, List.of()).forEach(used -> reached.addAll(reachable(used)));
        return reached;
    }
}
