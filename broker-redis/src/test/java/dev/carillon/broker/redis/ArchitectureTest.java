package dev.carillon.broker.redis;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.carillon.PlatformRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private final JavaClasses module = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.carillon.broker.redis");

    @Test
    void module_uses_only_the_broker_spi_and_the_vocabulary() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "dev.carillon.broker.redis..",
                        "dev.carillon.broker",
                        "dev.carillon.scope",
                        "dev.carillon.base",
                        "dev.carillon.edge",
                        "io.lettuce..",
                        "io.netty..",
                        "org.slf4j..",
                        "org.jspecify..",
                        "java..")
                .check(module);
    }

    @Test
    void packages_depend_in_one_direction() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("cluster")
                .definedBy("dev.carillon.broker.redis.cluster")
                .layer("server")
                .definedBy("dev.carillon.broker.redis")
                .layer("script")
                .definedBy("dev.carillon.broker.redis.script")
                .whereLayer("cluster")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("server")
                .mayOnlyBeAccessedByLayers("cluster")
                .whereLayer("script")
                .mayOnlyBeAccessedByLayers("cluster", "server")
                .check(module);
    }

    @Test
    void architecture_page_has_the_packages() throws IOException {
        String page = Files.readString(Path.of("../docs/architecture.md"));

        assertThat(page)
                .contains("\n| `broker.redis.cluster` |", "\n| `broker.redis` |", "\n| `broker.redis.script` |");
    }

    @Test
    void few_classes_are_public() {
        classes()
                .that()
                .arePublic()
                .and()
                .areTopLevelClasses()
                .and()
                .resideOutsideOfPackage("dev.carillon.broker.redis.script")
                .should()
                .haveNameMatching(
                        ".*\\.(RedisProvider|RedisBroker|RedisAddress|ServerGroup|Failures|cluster\\.RedisClusterProvider)")
                .check(module);
    }

    /** The client library has its own threads and timers. */
    @Test
    void clocks_randomness_and_threads_come_from_the_platform() {
        PlatformRule.platformIsGiven(List.of(), List.of()).check(module);
    }
}
