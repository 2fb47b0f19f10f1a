package dev.carillon.cli.events;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carillon.base.CarillonException;
import dev.carillon.base.Key;
import dev.carillon.base.Text;
import dev.carillon.cli.base.AdminPort;
import dev.carillon.cli.base.CommandException;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.cli.base.KeyOptions;
import dev.carillon.cli.base.OperatorSecret;
import dev.carillon.cli.base.ServerUrl;
import dev.carillon.node.NodeKeys;
import dev.carillon.scope.Tenant;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** {@code why}: explains whether an event reached its clients, and why not. */
@Command(
        name = "why",
        description = {
            "Explains why an event reached a client or did not, by the admin port of one node, which asks all others: who broadcast it and when, "
                    + "when each node had it, and a verdict for the client, or for all clients.",
            "Exit status 1: the event is unknown, the node refused, or another node did not answer."
        },
        sortOptions = false,
        footer = {
            "",
            "Example: why did ann not see an order",
            "  export CARILLON_OPERATOR_TOKEN=...",
            "  ./carillon why --event urn:uuid:0193a1f0-6c00-8abc-8000-00000000002a --user ann"
        })
public final class WhyCommand implements Callable<Integer> {
    private static final String URL_DEFAULT = "http://127.0.0.1:9080";
    private static final int MAX_SHOWN = 500;
    private static final KeyOptions OPTIONS =
            new KeyOptions(List.<Key<?>>of(NodeKeys.OPERATOR_TOKEN, NodeKeys.OPERATOR_TOKEN_FILE));

    private final Console console;

    @SuppressWarnings("NullAway.Init") // By spec.
    private CommandSpec spec;

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "URL of the admin port of any node. Default: " + URL_DEFAULT + ".")
    private String url = URL_DEFAULT;

    @Option(
            names = "--event",
            paramLabel = "ID",
            required = true,
            description = "Id of the event, as the answer to its broadcast names it.")
    private String event = "";

    @Option(names = "--tenant", paramLabel = "TENANT", description = "Tenant of the event. Default: default.")
    private @Nullable String tenant;

    @Option(names = "--client", paramLabel = "CONTEXT", description = "Only the client of this context.")
    private @Nullable String client;

    @Option(names = "--user", paramLabel = "USER", description = "Only the clients of this user.")
    private @Nullable String user;

    @Option(names = "--json", description = "Print the answer of the node, as JSON.")
    private boolean json;

    private WhyCommand(Console console) {
        this.console = console;
    }

    public static CommandSpec spec(Console console) {
        WhyCommand command = new WhyCommand(console);
        CommandSpec spec = CommandSpec.forAnnotatedObject(command);
        command.spec = spec;
        OPTIONS.addTo(spec);
        return spec;
    }

    @Override
    public Integer call() throws InterruptedException {
        URI target = ServerUrl.of(url, "/admin/why?" + query(), URL_DEFAULT);
        String token = OperatorSecret.of(OPTIONS, spec, console);
        JsonNode answer = AdminPort.call("GET", target, token);
        if (json) {
            console.out().println(answer);
        } else {
            new WhyReport(answer).print(console.out());
        }
        return complete(answer);
    }

    private String query() {
        Map<String, String> parameters = new LinkedHashMap<>();
        put(parameters, "event", event);
        if (tenant != null) {
            put(parameters, "tenant", checkedTenant(tenant));
        }
        put(parameters, "client", client);
        put(parameters, "user", user);
        return parameters.entrySet().stream()
                .map(one -> one.getKey() + "=" + URLEncoder.encode(one.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
    }

    private static void put(Map<String, String> to, String name, @Nullable String value) {
        if (value != null) {
            if (value.isEmpty()) {
                throw CommandException.misused(name + ": must not be empty");
            }
            to.put(name, value);
        }
    }

    private static String checkedTenant(String name) {
        try {
            return Tenant.ofToken(name).name();
        } catch (CarillonException e) {
            throw CommandException.misused(String.valueOf(e.getMessage()));
        }
    }

    /** Fails if a node did not answer, or may be unknown: its clients are not judged. */
    private static int complete(JsonNode answer) {
        List<String> missing = answer.path("unreachable").findValuesAsText("node");
        if (!missing.isEmpty()) {
            throw CommandException.failed(
                    "incomplete: nodes that did not answer: " + Text.printable(String.join(", ", missing), MAX_SHOWN));
        }
        if (!answer.path("registry").asText().equals("read")) {
            throw CommandException.failed(
                    "incomplete: the list of nodes cannot be read now; only the nodes known before were asked");
        }
        return ExitCode.OK;
    }
}
