package dev.carillon.broker.nats;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class RoomTest {
    private static final JavaClasses ROOM = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.carillon.broker.nats");

    @Test
    void room_uses_broker_scope_and_base_only() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "dev.carillon.broker",
                        "dev.carillon.broker.nats",
                        "dev.carillon.scope",
                        "dev.carillon.base",
                        "dev.carillon.edge",
                        "io.nats.client..",
                        "org.slf4j..",
                        "org.jspecify..",
                        "java..",
                        "javax.net.ssl..")
                .check(ROOM);
    }

    @Test
    void provider_alone_is_public() {
        noClasses()
                .that()
                .doNotHaveSimpleName("NatsProvider")
                .and()
                .areTopLevelClasses()
                .and()
                .doNotHaveSimpleName("package-info")
                .should()
                .bePublic()
                .check(ROOM);
    }
}
