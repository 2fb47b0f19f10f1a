package dev.carillon.junit.pages;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.carillon.PublicApi;
import java.io.IOException;
import java.net.URISyntaxException;
import org.junit.jupiter.api.Test;

/** What the module may depend on, and what it offers. */
class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.carillon.junit.pages");

    @Test
    void module_uses_public_packages_only() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "dev.carillon.junit",
                        "dev.carillon.junit.pages",
                        "dev.carillon.app",
                        "dev.carillon.page",
                        "dev.carillon.extension",
                        "com.fasterxml.jackson..",
                        "org.jsoup..",
                        "org.junit..",
                        "org.jspecify..",
                        "java..")
                .check(CLASSES);
    }

    /** Every change of what applications can use is seen in a review: the text beside this test has it. */
    @Test
    void text_of_the_public_api_is_up_to_date() throws IOException, URISyntaxException {
        PublicApi.requireReviewed(TestPages.class);
    }
}
