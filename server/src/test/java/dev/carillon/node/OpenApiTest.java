package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import dev.carillon.base.CloseReason;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.Idempotency;
import dev.carillon.cluster.BrokerState;
import dev.carillon.http.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The description of the routes for clients, without a node. */
class OpenApiTest {
    private static final Pattern ROW = Pattern.compile("`(carillon\\.[a-z]+)`");

    /** Codes of live pages, of the admin port and of the internal port. */
    private static final Set<ErrorCode> ELSEWHERE = Set.of(
            ErrorCode.CONTEXT_REFUSED,
            ErrorCode.CONTEXT_MOVED,
            ErrorCode.OUTCOME_UNKNOWN,
            ErrorCode.ACTION_TIMEOUT,
            ErrorCode.OPERATOR_ROUTES_DISABLED,
            ErrorCode.RELOAD_UNAVAILABLE,
            ErrorCode.REBALANCE_UNAVAILABLE,
            ErrorCode.NODE_UNREACHABLE,
            ErrorCode.CALL_REFUSED,
            ErrorCode.WRONG_NODE,
            ErrorCode.UNKNOWN_MESSAGE);

    @Test
    void document_and_its_schemas_are_valid() throws IOException {
        JsonSchemaFactory factory = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);
        try (InputStream schema = getClass().getResourceAsStream("/openapi-3.1.schema.json")) {
            assertThat(factory.getSchema(new ObjectMapper().readTree(schema)).validate(OpenApi.ROOT))
                    .isEmpty();
        }
        JsonNode schemas = OpenApi.ROOT.path("components").path("schemas");
        schemas.propertyStream()
                .forEach(schema -> assertThat(
                                factory.getSchema(SchemaLocation.of("https://json-schema.org/draft/2020-12/schema"))
                                        .validate(schema.getValue()))
                        .as(schema.getKey())
                        .isEmpty());
    }

    @Test
    void every_reference_resolves_and_every_component_is_used() {
        Set<String> used =
                OpenApi.ROOT.findValuesAsText("$ref").stream().collect(Collectors.toCollection(TreeSet::new));
        Set<String> components = new TreeSet<>();
        for (String kind : Set.of("headers", "parameters", "responses", "schemas")) {
            OpenApi.ROOT
                    .path("components")
                    .path(kind)
                    .propertyStream()
                    .forEach(each -> components.add("#/components/" + kind + "/" + each.getKey()));
        }
        // The answer to a method that a path does not support belongs to no operation.
        components.remove("#/components/schemas/MethodNotAllowedProblem");

        assertThat(used).isEqualTo(components);
    }

    @Test
    void problems_have_every_error_code_of_clients_with_its_status() {
        Map<String, Integer> described = new TreeMap<>();
        OpenApi.ROOT.path("components").path("schemas").propertyStream().forEach(schema -> {
            JsonNode members = schema.getValue().path("allOf").path(1).path("properties");
            members.path("code")
                    .path("enum")
                    .forEach(code -> described.put(
                            code.asText(), members.path("status").path("const").asInt()));
        });

        assertThat(described)
                .isEqualTo(Stream.of(ErrorCode.values())
                        .filter(code -> !ELSEWHERE.contains(code))
                        .collect(Collectors.toMap(ErrorCode::code, Problem::status, (a, b) -> a, TreeMap::new)));
    }

    @Test
    void close_reasons_and_events_of_streams_are_those_of_the_page() throws IOException {
        JsonNode reasons = OpenApi.ROOT.at("/components/schemas/Close/properties/reason/enum");
        assertThat(reasons.valueStream().map(JsonNode::asText))
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(CloseReason.values())
                        .filter(reason -> reason != CloseReason.CLIENT_LEFT)
                        .map(CloseReason::code)
                        .toList());

        String page = Files.readString(Path.of("../docs/application.md"));
        String table =
                page.substring(page.indexOf("\n### What a stream contains\n"), page.indexOf("\n### End of a stream\n"));
        Set<String> named = table.lines()
                .filter(line -> line.startsWith("| `carillon."))
                .flatMap(line ->
                        ROW.matcher(line.substring(0, line.indexOf(" |", 2))).results())
                .map((MatchResult match) -> match.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        JsonNode events = OpenApi.ROOT.at("/paths/~1events/get/responses/200/content/text~1event-stream/x-events");
        assertThat(events.propertyStream().map(Map.Entry::getKey)).containsAll(named);
        // The page describes it in the row of the notices.
        assertThat(named).contains("carillon.open", "carillon.close");
    }

    @Test
    void health_of_a_node_without_its_broker_is_described() {
        ObjectNode health = JsonNodeFactory.instance.objectNode().put("status", "degraded");
        new BrokerState("redis", false, false, 2, List.of("h:1")).putTo(health.putObject("broker"), false);

        assertThat(problems("/components/schemas/Health", health)).isEmpty();
        health.withObject("broker").put("other", 1);
        assertThat(problems("/components/schemas/Health", health)).isNotEmpty();
    }

    @Test
    void parameters_permit_what_nodes_accept() {
        String key = "/components/parameters/IdempotencyKey/schema";
        String connection = "/paths/~1ws/get/parameters/" + connection() + "/schema";

        assertThat(Idempotency.isKey("order 1")).isTrue();
        assertThat(problems(key, TextNode.valueOf("order 1"))).isEmpty();
        assertThat(problems(key, TextNode.valueOf("order\t1"))).isNotEmpty();
        for (String value : List.of("Upgrade", "keep-alive, Upgrade", "upgrade,keep-alive")) {
            assertThat(problems(connection, TextNode.valueOf(value))).as(value).isEmpty();
        }
        assertThat(problems(connection, TextNode.valueOf("no-upgrade"))).isNotEmpty();
    }

    private static int connection() {
        JsonNode parameters = OpenApi.ROOT.at("/paths/~1ws/get/parameters");
        return IntStream.range(0, parameters.size())
                .filter(i -> parameters.path(i).path("name").asText().equals("Connection"))
                .findFirst()
                .orElseThrow();
    }

    /** @param at pointer to the schema */
    private static Set<ValidationMessage> problems(String at, JsonNode value) {
        return OpenApi.compiled(OpenApi.ROOT.at(at)).validate(value);
    }

    @Test
    void document_has_the_version_of_the_build() throws IOException {
        assertThat(Files.readString(Path.of("../pom.xml")))
                .containsPattern("(?s)<artifactId>carillon-parent</artifactId>\\s*<version>"
                        + Pattern.quote(OpenApi.ROOT.at("/info/version").asText()) + "<");
    }

    @Test
    void every_operation_has_a_name_a_summary_and_an_error() {
        OpenApi.operations().forEach(operation -> {
            String[] parts = operation.split(" ", 2);
            JsonNode described =
                    OpenApi.ROOT.path("paths").path(parts[1]).path(parts[0].toLowerCase(java.util.Locale.ROOT));
            assertThat(described.path("operationId").asText()).as(operation).matches("[a-z][A-Za-z]+");
            assertThat(described.path("summary").asText()).as(operation).isNotBlank();
            assertThat(OpenApi.statuses(operation)).as(operation).contains("400", "500", "503");
        });
    }
}
