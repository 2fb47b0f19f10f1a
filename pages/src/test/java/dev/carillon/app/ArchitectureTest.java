package dev.carillon.app;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.carillon.PlatformRule;
import dev.carillon.broker.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The packages and their directions, as docs/architecture.md lists them. */
class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.carillon.app", "dev.carillon.page", "dev.carillon.patch");

    private static final Pattern ROW = Pattern.compile("(?m)^\\| `([a-z.]+)`[^|]*\\|[^|]*\\|([^|]*)\\|$");
    private static final Pattern NAME = Pattern.compile("`([a-z.]+)`");

    private static Map<String, Set<String>> directions() throws IOException {
        String page = Files.readString(Path.of("../docs/architecture.md"));
        int start = page.indexOf("\n## Live pages\n");
        String section = page.substring(start, page.indexOf("\n## ", start + 1));
        Map<String, Set<String>> found = new LinkedHashMap<>();
        ROW.matcher(section)
                .results()
                .forEach(row -> found.put(
                        row.group(1),
                        NAME.matcher(row.group(2))
                                .results()
                                .map(name -> name.group(1))
                                .collect(Collectors.toSet())));
        return found;
    }

    private static void reach(Map<String, Set<String>> directions, String name, Set<String> found) {
        if (found.add(name)) {
            directions.getOrDefault(name, Set.of()).forEach(next -> reach(directions, next, found));
        }
    }

    /** {@link PageFormsTest} reads what neighbouring releases write. */
    @Test
    void classes_that_write_to_the_store_or_call_nodes_are_those_of_the_forms_of_neighbouring_releases() {
        Set<String> writers = CLASSES.stream()
                .filter(type -> type.getConstructorCallsFromSelf().stream()
                                .anyMatch(call -> call.getTargetOwner().isEquivalentTo(Store.Key.class))
                        || type.getMethodCallsFromSelf().stream()
                                .anyMatch(call -> Set.of("onCall", "onStreamedCall")
                                        .contains(call.getTarget().getName())))
                .map(type -> type.getName().replaceAll("\\$.*", ""))
                .collect(Collectors.toSet());

        assertThat(PageFormsTest.names()).containsAll(writers);
        assertThat(writers).hasSize(5);
    }

    @Test
    void each_package_uses_only_the_packages_below_it() throws IOException {
        Map<String, Set<String>> directions = directions();
        directions.keySet().forEach(name -> {
            Set<String> forbidden = new LinkedHashSet<>(directions.keySet());
            Set<String> allowed = new LinkedHashSet<>();
            reach(directions, name, allowed);
            forbidden.removeAll(allowed);
            noClasses()
                    .that()
                    .resideInAPackage("dev.carillon." + name)
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(
                            forbidden.stream().map(n -> "dev.carillon." + n).toArray(String[]::new))
                    .check(CLASSES);
        });
    }

    @Test
    void every_package_is_documented_and_has_at_most_25_files() throws IOException {
        Map<String, Long> files = CLASSES.stream()
                .filter(type -> type.isTopLevelClass() && !type.getSimpleName().equals("package-info"))
                .collect(Collectors.groupingBy(JavaClass::getPackageName, Collectors.counting()));

        assertThat(files.keySet())
                .isEqualTo(directions().keySet().stream()
                        .map(name -> "dev.carillon." + name)
                        .collect(Collectors.toSet()));
        assertThat(files.values()).allMatch(count -> count <= 25);
    }

    @Test
    void module_uses_public_packages_of_the_server_only() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "dev.carillon.app",
                        "dev.carillon.page..",
                        "dev.carillon.patch",
                        "dev.carillon.auth",
                        "dev.carillon.base",
                        "dev.carillon.broadcast",
                        "dev.carillon.broker",
                        "dev.carillon.extension",
                        "dev.carillon.node",
                        "dev.carillon.scope",
                        "dev.carillon.session",
                        "com.fasterxml.jackson.core",
                        "io.micrometer.core.instrument",
                        "org.slf4j..",
                        "org.jspecify..",
                        "java..")
                .check(CLASSES);
    }

    @Test
    void clocks_randomness_and_threads_come_from_the_platform() {
        PlatformRule.platformIsGiven(List.of(), List.of()).check(CLASSES);
    }
}
