package dev.carillon.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** The description of the routes for clients in the documentation, against which tests check the answers of nodes. */
final class OpenApi {
    static final Path FILE = Path.of("../docs/openapi.yaml");
    static final JsonNode ROOT = read();

    /** Headers that any answer may have; those that name the allowed origins have a prefix of their own. */
    private static final Set<String> GENERAL = Set.of(
            "date",
            "connection",
            "content-length",
            "transfer-encoding",
            "content-type",
            "cache-control",
            "x-content-type-options",
            "content-security-policy",
            "referrer-policy",
            "vary",
            "x-accel-buffering");

    private static final Map<JsonNode, JsonSchema> SCHEMAS = new ConcurrentHashMap<>();

    private OpenApi() {}

    /**
     * An answer of a node.
     *
     * @param headers by their names in lower case
     * @param body empty of a stream or of an answer to HEAD
     */
    record Answer(int status, Map<String, String> headers, String body) {
        /** @param head status line and headers, as they were received */
        static Answer of(String head, String body) {
            Map<String, String> headers = new TreeMap<>();
            head.lines().skip(1).filter(line -> line.contains(":")).forEach(line -> {
                int colon = line.indexOf(':');
                headers.put(
                        line.substring(0, colon).toLowerCase(Locale.ROOT),
                        line.substring(colon + 1).strip());
            });
            return new Answer(Integer.parseInt(head.substring(9, 12)), headers, body);
        }
    }

    private static JsonNode read() {
        try {
            return new ObjectMapper(new YAMLFactory()).readTree(FILE.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Method and path template of every operation. */
    static Set<String> operations() {
        return ROOT.path("paths")
                .propertyStream()
                .flatMap(path -> path.getValue()
                        .propertyStream()
                        .map(method -> method.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey()))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** @param operation method and path template */
    static JsonNode operation(String operation) {
        String[] parts = operation.split(" ", 2);
        return ROOT.path("paths").path(parts[1]).path(parts[0].toLowerCase(Locale.ROOT));
    }

    /** The statuses of an operation. */
    static Set<String> statuses(String operation) {
        return operation(operation)
                .path("responses")
                .propertyStream()
                .map(Map.Entry::getKey)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The template of a path; empty: it is not described. */
    static Optional<String> template(String target) {
        String path = target.replaceFirst("\\?.*", "");
        return ROOT.path("paths")
                .propertyStream()
                .map(Map.Entry::getKey)
                .filter(template -> path.matches("\\Q" + template.replaceAll("\\{[^}]*}", "\\\\E[^/]+\\\\Q") + "\\E"))
                .findFirst();
    }

    /** Fails if the description does not permit the answer to a request. */
    static void check(String method, String target, Answer answer) {
        String what = method + " " + target + " " + answer;
        Optional<String> template = template(target);
        if (template.isEmpty()) {
            if (answer.status() >= 400 && !method.equals("HEAD")) {
                valid(what, schema("Problem"), json(what, answer.body()));
            }
            return;
        }
        JsonNode path = ROOT.path("paths").path(template.get());
        JsonNode operation = path.path(method.equals("HEAD") ? "get" : method.toLowerCase(Locale.ROOT));
        if (operation.isMissingNode()) {
            otherMethod(what, path, method, answer);
            return;
        }
        JsonNode response = operation.path("responses").path(Integer.toString(answer.status()));
        require(!response.isMissingNode(), "the status is not described: " + what);
        response = resolved(response);
        headers(what, response.path("headers"), answer.headers());
        content(what, response.path("content"), method, answer);
    }

    /** Checks the data of the events that the node itself sends. */
    static void checkEvent(String operation, String type, String data) {
        JsonNode schema = operation(operation)
                .path("responses")
                .path("200")
                .path("content")
                .path("text/event-stream")
                .path("x-events")
                .path(type);
        require(!schema.isMissingNode(), "the event is not described: " + type);
        valid(type, schema, json(type, data));
    }

    private static void otherMethod(String what, JsonNode path, String method, Answer answer) {
        Set<String> allowed = new TreeSet<>(Set.of("OPTIONS"));
        path.propertyStream().forEach(each -> allowed.add(each.getKey().toUpperCase(Locale.ROOT)));
        if (allowed.contains("GET")) {
            allowed.add("HEAD");
        }
        require(
                allowed.equals(new TreeSet<>(
                        Arrays.asList(answer.headers().getOrDefault("allow", "").split(", ", -1)))),
                "the methods are not those of the description, " + allowed + ": " + what);
        require(answer.status() == (method.equals("OPTIONS") ? 204 : 405), "the status is wrong: " + what);
        if (answer.status() == 405) {
            valid(what, schema("MethodNotAllowedProblem"), json(what, answer.body()));
        }
    }

    private static void headers(String what, JsonNode described, Map<String, String> given) {
        Set<String> known = new TreeSet<>(GENERAL);
        described.propertyStream().forEach(each -> {
            String name = each.getKey().toLowerCase(Locale.ROOT);
            JsonNode header = resolved(each.getValue());
            known.add(name);
            String value = given.get(name);
            require(value != null || !header.path("required").asBoolean(), "header " + name + " is missing: " + what);
            if (value != null) {
                valid(what + " header " + name, header.path("schema"), TextNode.valueOf(value));
            }
        });
        for (String name : given.keySet()) {
            require(
                    known.contains(name) || name.startsWith("access-control-"),
                    "header " + name + " is not described: " + what);
        }
    }

    private static void content(String what, JsonNode content, String method, Answer answer) {
        String type = answer.headers()
                .getOrDefault("content-type", "")
                .replaceFirst(";.*", "")
                .strip();
        boolean empty = content.isEmpty() || method.equals("HEAD");
        require(!empty || answer.body().isEmpty(), "the answer must have no body: " + what);
        require(content.isEmpty() || content.has(type), "the type of the content is not described: " + what);
        if (!empty) {
            JsonNode value = type.endsWith("json") ? json(what, answer.body()) : TextNode.valueOf(answer.body());
            valid(what, content.path(type).path("schema"), value);
        }
    }

    private static JsonNode schema(String name) {
        return JsonNodeFactory.instance.objectNode().put("$ref", "#/components/schemas/" + name);
    }

    /** The target of a reference within the document; another node itself. */
    static JsonNode resolved(JsonNode node) {
        String reference = node.path("$ref").asText("");
        return reference.isEmpty() ? node : ROOT.at(reference.substring(1));
    }

    private static void valid(String what, JsonNode schema, JsonNode value) {
        Set<ValidationMessage> problems =
                SCHEMAS.computeIfAbsent(schema, OpenApi::compiled).validate(value);
        require(problems.isEmpty(), what + " breaks docs/openapi.yaml: " + problems);
    }

    /** A schema of the document, whose references are those of the document. */
    static JsonSchema compiled(JsonNode schema) {
        ObjectNode whole = JsonNodeFactory.instance.objectNode();
        whole.set("components", ROOT.path("components"));
        whole.putArray("allOf").add(schema);
        return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(whole);
    }

    private static JsonNode json(String what, String text) {
        try {
            return new ObjectMapper().readTree(text);
        } catch (IOException e) {
            throw new AssertionError("no JSON: " + what, e);
        }
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new AssertionError(message);
        }
    }

    /** The query parameters of an operation. */
    static List<String> queryParameters(String operation) {
        return operation(operation)
                .path("parameters")
                .valueStream()
                .map(OpenApi::resolved)
                .filter(parameter -> parameter.path("in").asText().equals("query"))
                .map(parameter -> parameter.path("name").asText())
                .sorted()
                .toList();
    }
}
