package dev.carillon.junit;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.carillon.PlatformRule;
import dev.carillon.PublicApi;
import java.io.IOException;
import java.net.URISyntaxException;
import java.util.List;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.carillon.junit");

    @Test
    void module_uses_public_packages_of_the_server_only() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "dev.carillon.junit",
                        "dev.carillon.auth",
                        "dev.carillon.base",
                        "dev.carillon.broadcast",
                        "dev.carillon.broker",
                        "dev.carillon.extension",
                        "dev.carillon.node",
                        "dev.carillon.scope",
                        "com.fasterxml.jackson..",
                        "io.jsonwebtoken..",
                        "org.junit..",
                        "org.jspecify..",
                        "java..")
                .check(CLASSES);
    }

    @Test
    void clocks_randomness_and_threads_come_from_the_platform() {
        PlatformRule.platformIsGiven(
                        // Wraps tasks; creates no thread.
                        List.of("dev.carillon.junit.ClockTimer"), List.of("dev.carillon.junit.RunningNodes"))
                .check(CLASSES);
    }

    /** Every change of what applications can use is seen in a review: the text beside this test has it. */
    @Test
    void text_of_the_public_api_is_up_to_date() throws IOException, URISyntaxException {
        PublicApi.requireReviewed(CarillonNode.class);
    }
}
