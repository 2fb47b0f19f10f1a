package dev.carillon.cli.events;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carillon.cli.base.AdminPort;
import dev.carillon.cli.base.CommandException;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.cli.base.OperatorOptions;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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

    private final Console console;

    @SuppressWarnings("NullAway.Init") // By spec.
    private CommandSpec spec;

    @Mixin
    private OperatorOptions operator = new OperatorOptions();

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
        OperatorOptions.addSecret(spec);
        return spec;
    }

    @Override
    public Integer call() throws InterruptedException {
        URI target = operator.target("/admin/why" + query());
        String token = OperatorOptions.token(spec, console);
        JsonNode answer = AdminPort.call("GET", target, token);
        if (json) {
            console.out().println(answer);
        } else {
            new WhyReport(answer).print(console.out());
        }
        OperatorOptions.checkComplete(answer);
        return ExitCode.OK;
    }

    private String query() {
        Map<String, String> parameters = new LinkedHashMap<>();
        put(parameters, "event", event);
        if (tenant != null) {
            put(parameters, "tenant", OperatorOptions.checkedTenant(tenant));
        }
        put(parameters, "client", client);
        put(parameters, "user", user);
        return OperatorOptions.query(parameters);
    }

    private static void put(Map<String, String> to, String name, @Nullable String value) {
        if (value != null) {
            if (value.isEmpty()) {
                throw CommandException.misused(name + ": must not be empty");
            }
            to.put(name, value);
        }
    }
}
