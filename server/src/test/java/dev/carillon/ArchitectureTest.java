package dev.carillon;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.properties.HasName;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.carillon.broker.Channel;
import dev.carillon.broker.Store;
import dev.carillon.node.WireFormsTest;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The packages and their directions: each may use the packages listed for it, and those that these use. */
class ArchitectureTest {
    private static final Map<String, List<String>> ARROWS = Map.ofEntries(
            Map.entry("base", List.of()),
            Map.entry("scope", List.of("base")),
            Map.entry("template", List.of("scope")),
            Map.entry("broker", List.of("template")),
            Map.entry("broker.memory", List.of("broker")),
            Map.entry("auth", List.of("scope")),
            Map.entry("secret", List.of("base")),
            Map.entry("jwt", List.of("auth", "secret", "edge")),
            Map.entry("authorizer", List.of("jwt", "http")),
            Map.entry("limits", List.of("base")),
            Map.entry("feed", List.of("broker", "limits")),
            Map.entry("cluster", List.of("broker", "secret")),
            Map.entry("context", List.of("broker")),
            Map.entry("session", List.of("broker")),
            Map.entry("lease", List.of("broker")),
            Map.entry("extension", List.of("broadcast", "session")),
            Map.entry("socket", List.of("base")),
            Map.entry("format", List.of("broker")),
            Map.entry("fanout", List.of("feed", "auth", "socket", "format")),
            Map.entry("history", List.of("fanout")),
            Map.entry("edge", List.of()),
            Map.entry("broadcast", List.of("broker", "auth")),
            Map.entry("source", List.of("base")),
            Map.entry("source.intake", List.of("source", "stream", "lease")),
            Map.entry("trace", List.of()),
            Map.entry("trace.span", List.of("trace", "broadcast", "feed")),
            Map.entry("quota", List.of("broker")),
            Map.entry("delivery", List.of("history", "fanout", "broadcast", "quota")),
            Map.entry("http", List.of("auth", "secret", "limits", "broker", "edge")),
            Map.entry("transport", List.of("delivery", "http")),
            Map.entry(
                    "stream",
                    List.of("transport", "broadcast", "delivery", "context", "revocation", "authorizer", "presence")),
            Map.entry("subscriptions", List.of("cluster", "limits")),
            Map.entry("presence", List.of("auth", "cluster", "limits")),
            Map.entry("webhook", List.of("presence", "jwt", "lease")),
            Map.entry("mercure", List.of("jwt", "transport", "broadcast", "subscriptions")),
            Map.entry("admin", List.of("jwt", "revocation", "rebalance", "source.intake", "autopsy", "tail")),
            Map.entry("console", List.of("admin")),
            Map.entry("autopsy", List.of("fanout", "cluster", "broadcast")),
            Map.entry("tail", List.of("delivery")),
            Map.entry("warmup", List.of("transport")),
            Map.entry("rebalance", List.of("transport", "cluster")),
            Map.entry("revocation", List.of("broker", "auth")),
            Map.entry("node", List.of("mercure", "stream", "console", "extension", "webhook", "warmup", "trace.span")));

    private static final Pattern ROW = Pattern.compile("(?m)^\\| `([a-z.]+)`[^|]*\\|[^|]*\\|([^|]*)\\|$");
    private static final Pattern NAME = Pattern.compile("`([a-z.]+)`");

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            // Separate modules that tests use.
            .withImportOption(location ->
                    !location.contains("/dev/carillon/process/") && !location.contains("/dev/carillon/testkit/"))
            .importPackages("dev.carillon");

    @Test
    void each_package_uses_only_the_packages_below_it() {
        ARROWS.forEach((name, arrows) -> {
            Set<String> forbidden = new LinkedHashSet<>(ARROWS.keySet());
            forbidden.removeAll(reach(name));
            String[] packages =
                    forbidden.stream().map(ArchitectureTest::packageOf).toArray(String[]::new);
            if (packages.length > 0) {
                noClasses()
                        .that()
                        .resideInAPackage(packageOf(name))
                        .should()
                        .dependOnClassesThat(resideInAnyPackage(packages))
                        .check(CLASSES);
            }
        });
    }

    @Test
    void every_direction_is_used() {
        List<String> unused = new ArrayList<>();
        ARROWS.forEach((name, arrows) -> {
            Set<String> used = usedBy(name);
            for (String arrow : arrows) {
                Set<String> reachedByOthers = new LinkedHashSet<>();
                arrows.stream()
                        .filter(other -> !other.equals(arrow))
                        .forEach(other -> reachedByOthers.addAll(reach(other)));
                Set<String> reachedOnlyByThis = reach(arrow);
                reachedOnlyByThis.removeAll(reachedByOthers);
                reachedOnlyByThis.add(arrow);
                if (Collections.disjoint(used, reachedOnlyByThis)) {
                    unused.add(name + " -> " + arrow);
                }
            }
        });
        assertThat(unused).isEmpty();
    }

    @Test
    void architecture_page_has_the_same_packages_and_directions() throws IOException {
        String page = Files.readString(Path.of("../docs/architecture.md"));
        String section = page.substring(
                page.indexOf("\n## Packages of the server\n"), page.indexOf("\n## The path of an event\n"));
        Map<String, Set<String>> documented = new TreeMap<>();
        ROW.matcher(section).results().forEach(row -> documented.put(row.group(1), names(row.group(2))));
        Map<String, Set<String>> expected = new TreeMap<>();
        ARROWS.forEach((name, arrows) -> expected.put(name, name.equals("node") ? Set.of() : Set.copyOf(arrows)));

        assertThat(documented).isEqualTo(expected);
    }

    private static Set<String> names(String cell) {
        return NAME.matcher(cell).results().map(match -> match.group(1)).collect(Collectors.toSet());
    }

    private static Set<String> usedBy(String name) {
        return CLASSES.stream()
                .filter(type -> type.getPackageName().equals(packageOf(name)))
                .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
                .map(dependency -> dependency.getTargetClass().getPackageName())
                .filter(used -> used.startsWith("dev.carillon.") && !used.equals(packageOf(name)))
                .map(used -> used.substring("dev.carillon.".length()))
                .collect(Collectors.toSet());
    }

    @Test
    void every_class_is_in_a_listed_package() {
        classes()
                .should()
                .resideInAnyPackage(ARROWS.keySet().stream()
                        .map(ArchitectureTest::packageOf)
                        .toArray(String[]::new))
                .check(CLASSES);
        assertThat(CLASSES).hasSizeGreaterThan(80);
    }

    @Test
    void broadcast_and_delivery_and_what_they_use_know_no_http() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "dev.carillon.broadcast",
                        "dev.carillon.extension",
                        "dev.carillon.session",
                        "dev.carillon.cluster",
                        "dev.carillon.delivery",
                        "dev.carillon.history",
                        "dev.carillon.fanout",
                        "dev.carillon.format",
                        "dev.carillon.feed",
                        "dev.carillon.context",
                        "dev.carillon.broker..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.undertow..", "org.xnio..")
                .check(CLASSES);
    }

    @Test
    void there_is_one_way_to_broadcast() {
        noClasses()
                .that()
                .resideOutsideOfPackages("dev.carillon.broadcast", "dev.carillon.broker..", "dev.carillon.cli")
                .and()
                // The hub's announcements and webhooks have logs of their own; a broadcaster must not use the types of
                // presence.
                .doNotHaveSimpleName("SubscriptionAnnouncements")
                .and()
                .doNotHaveSimpleName("PresenceAnnouncements")
                .and()
                .doNotHaveSimpleName("WebhookLog")
                .and()
                // Passes on what the broadcaster broadcasts.
                .doNotHaveSimpleName("TracedChannel")
                .should()
                .callMethodWhere(JavaCall.Predicates.target(owner(assignableTo(Channel.class)))
                        .and(JavaCall.Predicates.target(HasName.Predicates.name("broadcast"))))
                .check(CLASSES);
    }

    /** {@link WireFormsTest} reads what neighbouring releases write. */
    @Test
    void classes_that_write_to_the_store_are_those_of_the_forms_of_neighbouring_releases() {
        Set<String> writers = CLASSES.stream()
                .filter(type -> !type.getPackageName().startsWith("dev.carillon.broker"))
                .filter(type -> type.getConstructorCallsFromSelf().stream()
                        .anyMatch(call -> call.getTargetOwner().isEquivalentTo(Store.Key.class)))
                .map(type -> type.getName().replaceAll("\\$.*", ""))
                .collect(Collectors.toSet());

        assertThat(WireFormsTest.names()).containsAll(writers);
        assertThat(writers).hasSizeGreaterThan(10);
    }

    @Test
    void only_the_hub_creates_announcements() {
        noClasses()
                .that()
                .resideOutsideOfPackages("dev.carillon.mercure", "dev.carillon.scope")
                .should()
                .callMethod(Event.class, "announcement", Tenant.class, Scope.class, String.class, String.class)
                .check(CLASSES);
    }

    @Test
    void only_presence_creates_events_of_presence() {
        noClasses()
                .that()
                .resideOutsideOfPackages("dev.carillon.presence", "dev.carillon.scope")
                .should()
                .callMethod(
                        Event.class, "presence", Tenant.class, Scope.class, boolean.class, boolean.class, String.class)
                .check(CLASSES);
    }

    @Test
    void clocks_randomness_and_threads_come_from_the_platform() {
        PlatformRule.platformIsGiven(
                        List.of(
                                // These create the platform.
                                "dev.carillon.base.Platform",
                                "dev.carillon.base.SystemThreads",
                                // One for each connection, whose deadline is a timer of XNIO in any case.
                                "dev.carillon.edge.StallTimer",
                                "dev.carillon.edge.Http2Guard"),
                        List.of(
                                "dev.carillon.node.Node",
                                // Creates ids and secrets that are not configured, before a node exists.
                                "dev.carillon.node.NodeConfig",
                                // For callers that are not nodes.
                                "dev.carillon.broker.Brokers"))
                .check(CLASSES);
    }

    @Test
    void caches_whose_entries_end_have_a_ticker() {
        PlatformRule.cachesHaveTickers(List.of(
                        // The expiry of its entries only affects memory.
                        "dev.carillon.template.TemplateIndex"))
                .check(CLASSES);
    }

    private static Set<String> reach(String name) {
        Set<String> reached = new LinkedHashSet<>();
        reached.add(name);
        for (String next : ARROWS.getOrDefault(name, List.of())) {
            reached.addAll(reach(next));
        }
        return reached;
    }

    private static String packageOf(String name) {
        return "dev.carillon." + name;
    }
}
