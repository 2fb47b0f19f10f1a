package dev.carillon.source.redis;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
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
    private final JavaClasses source = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.carillon.source.redis");

    @Test
    void source_uses_only_its_spi() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "dev.carillon.source.redis",
                        "dev.carillon.source",
                        "dev.carillon.base",
                        "dev.carillon.edge",
                        "io.lettuce..",
                        "com.fasterxml.jackson..",
                        "org.jspecify..",
                        "java..",
                        "javax.net.ssl..")
                .check(source);
    }

    @Test
    void only_the_provider_is_public() {
        classes()
                .that()
                .arePublic()
                .and()
                .areTopLevelClasses()
                .should()
                .haveSimpleName("RedisStreamProvider")
                .check(source);
    }

    @Test
    void architecture_page_has_the_package() throws IOException {
        assertThat(Files.readString(Path.of("../docs/architecture.md"))).contains("\n| `source.redis` |");
    }

    /** The client library has its own threads and timers. */
    @Test
    void clocks_randomness_and_threads_come_from_the_platform() {
        PlatformRule.platformIsGiven(List.of(), List.of()).check(source);
    }
}
