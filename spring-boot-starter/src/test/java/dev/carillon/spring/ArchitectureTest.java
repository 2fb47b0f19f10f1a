package dev.carillon.spring;

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
            .importPackages("dev.carillon.spring");

    @Test
    void module_uses_spring_and_the_client_only() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "dev.carillon.spring",
                        "dev.carillon.client",
                        "org.springframework..",
                        "org.slf4j..",
                        "org.jspecify..",
                        "java..")
                .check(CLASSES);
    }

    @Test
    void applications_without_spring_mvc_and_actuator_need_neither() {
        classes()
                .that()
                .haveSimpleNameStartingWith("CarillonAutoConfiguration")
                .or()
                .haveSimpleNameStartingWith("CarillonPropert")
                .or()
                .haveSimpleName("CarillonHealthAutoConfiguration")
                .should()
                .onlyDependOnClassesThat()
                .resideOutsideOfPackages("org.springframework.web..", "org.springframework.http..")
                .check(CLASSES);
    }

    @Test
    void clocks_randomness_and_threads_are_given() {
        PlatformRule.platformIsGiven(List.of("dev.carillon.spring.SystemRuntime"), List.of())
                .check(CLASSES);
    }

    /** Every change of what applications can use is seen in a review: the text beside this test has it. */
    @Test
    void text_of_the_public_api_is_up_to_date() throws IOException, URISyntaxException {
        PublicApi.requireReviewed(CarillonEmitters.class);
    }
}
