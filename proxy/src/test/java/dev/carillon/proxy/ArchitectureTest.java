package dev.carillon.proxy;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static final JavaClasses PROXY = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.carillon.proxy");

    @Test
    void module_uses_only_the_edge_module_of_carillon() {
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "dev.carillon.proxy",
                        "dev.carillon.proxy.files",
                        "dev.carillon.edge",
                        "io.undertow..",
                        "org.xnio..",
                        "org.slf4j..",
                        "org.jspecify..",
                        "com.sun.management",
                        "java..",
                        "javax.net.ssl")
                .check(new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        // Separate modules that tests use.
                        .withImportOption(location -> !location.contains("/dev/carillon/process/")
                                && !location.contains("/dev/carillon/testkit/"))
                        .importPackages("dev.carillon"));
    }

    @Test
    void classes_form_no_cycle() {
        slices().assignedFrom(new SliceAssignment() {
                    @Override
                    public SliceIdentifier getIdentifierOf(JavaClass each) {
                        return SliceIdentifier.of(outermost(each).getSimpleName());
                    }

                    @Override
                    public String getDescription() {
                        return "outermost classes";
                    }
                })
                .should()
                .beFreeOfCycles()
                .check(PROXY);
    }

    @Test
    void nodes_and_health_checks_do_not_use_the_relay() {
        noClasses()
                .that()
                .belongToAnyOf(Node.class, Nodes.class, HealthChecks.class, ClusterWatch.class, IdleConnections.class)
                .should()
                .dependOnClassesThat(JavaClass.Predicates.belongToAnyOf(
                        ForwardedRequest.class, Relay.class, Tunnel.class, HeaderForwarding.class, Refusal.class))
                .check(PROXY);
    }

    private static JavaClass outermost(JavaClass each) {
        return each.getEnclosingClass().map(ArchitectureTest::outermost).orElse(each);
    }

    @Test
    void the_server_is_not_on_the_class_path_of_the_tests() {
        assertThatThrownBy(() -> Class.forName("dev.carillon.node.Node")).isInstanceOf(ClassNotFoundException.class);
    }
}
