package dev.carillon.broker.nats;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.carillon.PlatformRule;
import io.nats.client.Connection;
import java.util.List;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static final JavaClasses MODULE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.carillon.broker.nats");

    @Test
    void module_uses_only_the_broker_spi_and_the_vocabulary() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "dev.carillon.broker",
                        "dev.carillon.broker.nats..",
                        "dev.carillon.scope",
                        "dev.carillon.base",
                        "dev.carillon.edge",
                        "io.nats.client..",
                        "org.slf4j..",
                        "org.jspecify..",
                        "java..",
                        "javax.net.ssl..")
                .check(MODULE);
    }

    @Test
    void packages_depend_in_one_direction() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("broker")
                .definedBy("dev.carillon.broker.nats")
                .layer("log")
                .definedBy("dev.carillon.broker.nats.log")
                .layer("store")
                .definedBy("dev.carillon.broker.nats.store")
                .layer("connection")
                .definedBy("dev.carillon.broker.nats.connection")
                .whereLayer("broker")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("log")
                .mayOnlyBeAccessedByLayers("broker")
                .whereLayer("store")
                .mayOnlyBeAccessedByLayers("broker")
                .whereLayer("connection")
                .mayOnlyBeAccessedByLayers("broker", "log", "store")
                .check(MODULE);
    }

    @Test
    void provider_alone_is_public_in_the_root_package() {
        noClasses()
                .that()
                .resideInAPackage("dev.carillon.broker.nats")
                .and()
                .doNotHaveSimpleName("NatsProvider")
                .and()
                .areTopLevelClasses()
                .and()
                .doNotHaveSimpleName("package-info")
                .should()
                .bePublic()
                .check(MODULE);
    }

    /** If a subscription without a dispatcher ends while a message for it arrives, jnats 2.26 closes the connection. */
    @Test
    void every_subscription_has_a_dispatcher() {
        noClasses()
                .should()
                .callMethodWhere(target(nameMatching("subscribe")).and(target(owner(type(Connection.class)))))
                .check(MODULE);
    }

    /** The client library has its own threads and timers. */
    @Test
    void clocks_randomness_and_threads_come_from_the_platform() {
        PlatformRule.platformIsGiven(List.of(), List.of()).check(MODULE);
    }
}
