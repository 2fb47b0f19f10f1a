package dev.carillon.broker.redis;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.carillon.PlatformRule;
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
                        "dev.carillon.broker.redis",
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
    void only_the_provider_is_public() {
        classes()
                .that()
                .arePublic()
                .and()
                .areTopLevelClasses()
                .should()
                .haveSimpleName("RedisProvider")
                .check(module);
    }

    /** The client library has its own threads and timers. */
    @Test
    void clocks_randomness_and_threads_come_from_the_platform() {
        PlatformRule.platformIsGiven(List.of(), List.of()).check(module);
    }
}
