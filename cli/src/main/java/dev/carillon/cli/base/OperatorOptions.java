package dev.carillon.cli.base;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ConfigException;
import dev.carillon.base.Key;
import dev.carillon.base.Settings;
import dev.carillon.base.Text;
import dev.carillon.jwt.KeyText;
import dev.carillon.node.NodeKeys;
import dev.carillon.scope.Tenant;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** The options of a command that asks the admin port of a node as an operator, and what such commands have in common. */
public final class OperatorOptions {
    private static final String URL_DEFAULT = "http://127.0.0.1:9080";
    private static final int MAX_SHOWN = 500;
    private static final KeyOptions SECRET =
            new KeyOptions(List.<Key<?>>of(NodeKeys.OPERATOR_TOKEN, NodeKeys.OPERATOR_TOKEN_FILE));

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "URL of the admin port of any node. Default: " + URL_DEFAULT + ".")
    private String url = URL_DEFAULT;

    /** Adds the options for the operators' token, after those of the command. */
    public static void addSecret(CommandSpec spec) {
        SECRET.addTo(spec);
    }

    /**
     * A URL of the admin port.
     *
     * @param path with its query
     * @throws CommandException when {@code --url} is none
     */
    public URI target(String path) {
        return ServerUrl.of(url, path, URL_DEFAULT);
    }

    /**
     * The operators' token, from the options or the environment.
     *
     * @throws ConfigException when none is given
     */
    public static String token(CommandSpec spec, Console console) {
        Settings settings = SECRET.settings(spec.commandLine().getParseResult(), console.variables());
        return KeyText.of(settings, NodeKeys.OPERATOR_TOKEN, NodeKeys.OPERATOR_TOKEN_FILE)
                .orElseThrow(() -> new ConfigException(
                        NodeKeys.OPERATOR_TOKEN.name(),
                        "(none)",
                        "must be given, by " + NodeKeys.OPERATOR_TOKEN.variable() + " or --operator-token-file"));
    }

    /** The parameters as a query with its question mark; empty without any. */
    public static String query(Map<String, String> parameters) {
        return query(parameters.entrySet().stream()
                .map(one -> parameter(one.getKey(), one.getValue()))
                .toList());
    }

    /**
     * As {@link #query(Map)}.
     *
     * @param parameters each of {@link #parameter}
     */
    public static String query(List<String> parameters) {
        return parameters.isEmpty() ? "" : parameters.stream().collect(Collectors.joining("&", "?", ""));
    }

    /** One parameter of a query. */
    public static String parameter(String name, String value) {
        return name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    /** @throws CommandException when no tenant has this name */
    public static String checkedTenant(String name) {
        try {
            return Tenant.ofToken(name).name();
        } catch (CarillonException e) {
            throw CommandException.misused(String.valueOf(e.getMessage()));
        }
    }

    /**
     * Checks that an answer for the whole cluster is that of all nodes.
     *
     * @throws CommandException when a node did not answer, or may be unknown
     */
    public static void checkComplete(JsonNode answer) {
        List<String> missing = answer.path("unreachable").findValuesAsText("node");
        if (!missing.isEmpty()) {
            throw CommandException.failed(
                    "incomplete: nodes that did not answer: " + Text.printable(String.join(", ", missing), MAX_SHOWN));
        }
        if (!answer.path("registry").asText().equals("read")) {
            throw CommandException.failed(
                    "incomplete: the list of nodes cannot be read now; only the nodes known before were asked");
        }
    }
}
