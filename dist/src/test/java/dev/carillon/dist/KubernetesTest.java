package dev.carillon.dist;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** The manifests for Kubernetes, without a cluster: they fit together, and fit the node. */
class KubernetesTest {
    private static final Path SOURCES = Path.of("../kubernetes");
    private static final Path CHART = SOURCES.resolve("carillon");
    private static final YAMLMapper YAML = new YAMLMapper();
    private static final Pattern VALUE = Pattern.compile("\\.Values\\.([A-Za-z]+(?:\\.[A-Za-z]+)?)");

    private static final List<JsonNode> MANIFESTS = manifests();
    private static final JsonNode POD = kind("Deployment").getFirst().at("/spec/template");
    private static final JsonNode CONTAINER = POD.at("/spec/containers/0");

    private static List<JsonNode> manifests() {
        try (Stream<Path> files = Files.list(SOURCES.resolve("manifests"))) {
            return files.filter(file -> file.toString().endsWith(".yaml"))
                    .sorted()
                    .flatMap(file -> documents(file).stream())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<JsonNode> documents(Path file) {
        try (MappingIterator<JsonNode> all = YAML.readerFor(JsonNode.class).readValues(file.toFile())) {
            return all.readAll().stream().filter(JsonNode::isObject).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<JsonNode> kind(String kind) {
        return MANIFESTS.stream()
                .filter(each -> each.path("kind").asText().equals(kind))
                .toList();
    }

    @Test
    void every_manifest_has_a_kind_that_is_known_and_a_name_of_its_own() {
        assertThat(MANIFESTS.stream()
                        .map(each -> each.path("apiVersion").asText() + " "
                                + each.path("kind").asText() + " "
                                + each.at("/metadata/name").asText()))
                .containsExactlyInAnyOrder(
                        "apps/v1 Deployment carillon",
                        "v1 ConfigMap carillon",
                        "v1 Service carillon",
                        "v1 Service carillon-nodes",
                        "policy/v1 PodDisruptionBudget carillon",
                        "networking.k8s.io/v1 NetworkPolicy carillon",
                        "networking.k8s.io/v1 Ingress carillon");
    }

    @Test
    void every_selector_selects_the_pods() {
        List<JsonNode> selectors = new ArrayList<>();
        kind("Deployment").forEach(each -> selectors.add(each.at("/spec/selector/matchLabels")));
        kind("Service").forEach(each -> selectors.add(each.at("/spec/selector")));
        kind("PodDisruptionBudget").forEach(each -> selectors.add(each.at("/spec/selector/matchLabels")));
        kind("NetworkPolicy").forEach(each -> {
            selectors.add(each.at("/spec/podSelector/matchLabels"));
            selectors.add(each.at("/spec/ingress/1/from/0/podSelector/matchLabels"));
        });
        POD.at("/spec/topologySpreadConstraints").forEach(each -> selectors.add(each.at("/labelSelector/matchLabels")));

        assertThat(selectors).hasSize(8).allSatisfy(selector -> {
            assertThat(selector.isEmpty()).isFalse();
            selector.properties()
                    .forEach(label -> assertThat(POD.at("/metadata/labels").path(label.getKey()))
                            .isEqualTo(label.getValue()));
        });
    }

    @Test
    void every_named_port_is_one_of_the_container() {
        Set<String> ports = texts(CONTAINER.path("ports"), "name");
        List<String> used = new ArrayList<>();
        kind("Service").forEach(each -> used.addAll(texts(each.at("/spec/ports"), "targetPort")));
        kind("NetworkPolicy")
                .forEach(each ->
                        each.at("/spec/ingress").forEach(rule -> used.addAll(texts(rule.path("ports"), "port"))));
        Stream.of("startupProbe", "readinessProbe", "livenessProbe")
                .forEach(probe ->
                        used.add(CONTAINER.at("/" + probe + "/httpGet/port").asText()));

        assertThat(ports).containsExactly("admin", "clients", "internal");
        assertThat(used).hasSize(9).allMatch(ports::contains);
        JsonNode backend = kind("Ingress").getFirst().at("/spec/rules/0/http/paths/0/backend/service");
        assertThat(texts(
                        kind("Service").stream()
                                .filter(each -> each.at("/metadata/name").equals(backend.path("name")))
                                .findFirst()
                                .orElseThrow()
                                .at("/spec/ports"),
                        "name"))
                .contains(backend.at("/port/name").asText());
    }

    @Test
    void ports_are_the_defaults_of_the_node() throws IOException {
        String settings = page("settings");
        for (JsonNode port : CONTAINER.path("ports")) {
            String name = port.path("name").asText();
            assertThat(settings)
                    .containsPattern(
                            "\\| `--" + (name.equals("clients") ? "" : name + "-") + "port PORT`[^|]*\\|[^|]*\\| `"
                                    + port.path("containerPort").asInt() + "`");
        }
    }

    @Test
    void every_variable_and_every_line_of_the_configuration_is_a_setting() throws IOException {
        String settings = page("settings");
        Set<String> variables = new TreeSet<>(texts(CONTAINER.path("env"), "name"));
        assertThat(variables.remove("CARILLON_JAVA_OPTS")).isTrue();

        assertThat(variables).hasSize(9).allSatisfy(name -> assertThat(settings).contains("`" + name + "`"));
        List<String> lines = kind("ConfigMap")
                .getFirst()
                .at("/data/carillon.properties")
                .asText()
                .lines()
                .filter(line -> !line.isBlank())
                .toList();
        assertThat(lines)
                .isNotEmpty()
                .allSatisfy(line -> assertThat(settings)
                        .containsPattern("\\| `--" + line.substring(0, line.indexOf('=')) + "[ `]"));
    }

    @Test
    void secrets_are_references() {
        for (JsonNode variable : CONTAINER.path("env")) {
            boolean isSecret = Set.of("BROKER", "SECRET", "JWT_KEY", "OPERATOR_TOKEN").stream()
                    .anyMatch(name -> variable.path("name").asText().equals("CARILLON_" + name));
            assertThat(variable.at("/valueFrom/secretKeyRef/name").isTextual()).isEqualTo(isSecret);
            assertThat(variable.has("value") && isSecret).isFalse();
        }
        assertThat(kind("Secret")).isEmpty();
    }

    @Test
    void pod_is_killed_only_after_its_drain() {
        int drain = seconds("CARILLON_DRAIN_TIMEOUT");

        assertThat(POD.at("/spec/terminationGracePeriodSeconds").asInt()).isGreaterThan(drain);
        assertThat(drain).isGreaterThan(seconds("CARILLON_DRAIN_NOTICE"));
        JsonNode ready = CONTAINER.path("readinessProbe");
        assertThat(seconds("CARILLON_DRAIN_NOTICE"))
                .isGreaterThan(ready.path("periodSeconds").asInt()
                        * ready.path("failureThreshold").asInt());
    }

    @Test
    void pod_has_no_rights_that_a_node_does_not_need() {
        assertThat(POD.at("/spec/securityContext/runAsNonRoot").asBoolean()).isTrue();
        assertThat(POD.at("/spec/automountServiceAccountToken").asBoolean(true)).isFalse();
        JsonNode rights = CONTAINER.path("securityContext");
        assertThat(rights.path("readOnlyRootFilesystem").asBoolean()).isTrue();
        assertThat(rights.path("allowPrivilegeEscalation").asBoolean(true)).isFalse();
        assertThat(rights.at("/capabilities/drop/0").asText()).isEqualTo("ALL");
    }

    /** Kubernetes would set {@code CARILLON_PORT=tcp://…} in each pod beside a service of that name. */
    @Test
    void variables_of_services_are_off() {
        assertThat(POD.at("/spec/enableServiceLinks").asBoolean(true)).isFalse();
    }

    @Test
    void probes_are_routes_of_the_admin_port() throws IOException {
        String page = page("platform");
        Stream.of("startupProbe", "readinessProbe", "livenessProbe")
                .forEach(probe -> assertThat(page)
                        .contains("| admin port, `"
                                + CONTAINER.at("/" + probe + "/httpGet/path").asText() + "` |"));
    }

    @Test
    void templates_use_the_values_of_the_chart() throws IOException {
        JsonNode values = YAML.readTree(CHART.resolve("values.yaml").toFile());
        Set<String> used = new TreeSet<>();
        try (Stream<Path> files = Files.list(CHART.resolve("templates"))) {
            for (Path file : files.toList()) {
                VALUE.matcher(Files.readString(file))
                        .results()
                        .map(MatchResult::group)
                        .forEach(used::add);
            }
        }
        Set<String> tops = used.stream().map(name -> name.split("\\.", -1)[2]).collect(Collectors.toSet());

        assertThat(used)
                .isNotEmpty()
                .allSatisfy(name -> assertThat(values.at("/"
                                        + name.substring(".Values.".length()).replace('.', '/'))
                                .isMissingNode())
                        .as(name)
                        .isFalse());
        assertThat(tops).containsAll(names(values));
    }

    @Test
    void chart_is_of_this_version_and_its_schema_has_its_values() throws IOException {
        String parent = Files.readString(Path.of("../pom.xml"));
        JsonNode chart = YAML.readTree(CHART.resolve("Chart.yaml").toFile());
        JsonNode schema = YAML.readTree(CHART.resolve("values.schema.json").toFile());

        assertThat(parent).contains("<version>" + chart.path("appVersion").asText() + "</version>");
        assertThat(names(schema.path("properties")))
                .containsAll(names(YAML.readTree(CHART.resolve("values.yaml").toFile())));
    }

    private static int seconds(String variable) {
        return StreamSupport.stream(CONTAINER.path("env").spliterator(), false)
                .filter(each -> each.path("name").asText().equals(variable))
                .map(each -> each.path("value").asText())
                .map(text -> Integer.parseInt(text.substring(0, text.length() - 1)))
                .findFirst()
                .orElseThrow();
    }

    private static Set<String> texts(JsonNode list, String member) {
        return StreamSupport.stream(list.spliterator(), false)
                .map(each -> each.path(member).asText())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> names(JsonNode object) {
        Set<String> names = new TreeSet<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private static String page(String name) throws IOException {
        return Files.readString(Path.of("../docs/" + name + ".md"));
    }
}
