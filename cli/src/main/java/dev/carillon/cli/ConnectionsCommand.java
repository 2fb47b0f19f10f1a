package dev.carillon.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.carillon.base.CarillonException;
import dev.carillon.cli.base.AdminPort;
import dev.carillon.cli.base.CommandException;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.cli.base.OperatorOptions;
import dev.carillon.cli.base.WholeNumber;
import dev.carillon.scope.Scope;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** {@code connections}: lists the connections of a cluster by the admin port of one node, and closes them. */
@Command(
        name = "connections",
        description = {
            "Lists the connections of all nodes that match every given criterion, by the admin port of one node. With --close it closes them "
                    + "instead.",
            "Exit status 1: the node refused, or another node did not answer; then the list is incomplete, or connections of that node are "
                    + "still open."
        },
        sortOptions = false,
        footer = {
            "",
            "Example: the connections of a user, which are then closed",
            "  export CARILLON_OPERATOR_TOKEN=...",
            "  ./carillon connections --user ann",
            "  ./carillon connections --user ann --close --message 'Please sign in again'"
        })
final class ConnectionsCommand implements Callable<Integer> {
    private static final int MAX_LIMIT = 100;
    private static final int MAX_MESSAGE = 200;

    private final Console console;

    @SuppressWarnings("NullAway.Init") // By spec.
    private CommandSpec spec;

    @Mixin
    private OperatorOptions operator = new OperatorOptions();

    @Option(names = "--tenant", paramLabel = "TENANT", description = "Only connections of this tenant.")
    private @Nullable String tenant;

    @Option(names = "--user", paramLabel = "USER", description = "Only connections of this user.")
    private @Nullable String user;

    @Option(names = "--session", paramLabel = "SESSION", description = "Only connections of this browser session.")
    private @Nullable String session;

    @Option(names = "--context", paramLabel = "CONTEXT", description = "Only connections of this context.")
    private @Nullable String context;

    @Option(
            names = "--scope",
            paramLabel = "SCOPE",
            description = "Only connections in this scope, such as topic:orders.")
    private @Nullable String scope;

    @Option(names = "--label", paramLabel = "LABEL", description = "Only connections with this label.")
    private @Nullable String label;

    @Option(
            names = "--limit",
            paramLabel = "N",
            description = "List at most so many connections of each node, 1 to 100. Default: 100.")
    private @Nullable Integer limit;

    @Option(names = "--json", description = "Print the answer of the node, as JSON.")
    private boolean json;

    @Option(names = "--close", description = "Close the connections that match; needs at least one criterion.")
    private boolean close;

    @Option(
            names = "--message",
            paramLabel = "TEXT",
            description = "With --close: a message for the clients, at most 200 characters.")
    private @Nullable String message;

    private ConnectionsCommand(Console console) {
        this.console = console;
    }

    static CommandSpec spec(Console console) {
        ConnectionsCommand command = new ConnectionsCommand(console);
        CommandSpec spec = CommandSpec.forAnnotatedObject(command);
        command.spec = spec;
        OperatorOptions.addSecret(spec);
        return spec;
    }

    @Override
    public Integer call() throws InterruptedException {
        Map<String, String> parameters = criteria();
        if (close) {
            check(!parameters.isEmpty(), "close: must be given with at least one criterion, such as --user");
            check(limit == null, "limit: must not be given with --close, which closes all that match");
            put(parameters, "message", message);
        } else {
            check(message == null, "message: must be given with --close");
            if (limit != null) {
                put(parameters, "limit", Integer.toString(WholeNumber.checked("limit", limit, 1, MAX_LIMIT)));
            }
        }
        check(
                message == null || message.length() <= MAX_MESSAGE,
                "message: (hidden): must have at most " + MAX_MESSAGE + " characters");
        URI target = target(parameters);
        JsonNode answer = AdminPort.call(close ? "DELETE" : "GET", target, OperatorOptions.token(spec, console));
        print(answer);
        OperatorOptions.checkComplete(answer);
        return ExitCode.OK;
    }

    private Map<String, String> criteria() {
        if (scope != null) {
            try {
                Scope.parse(scope);
            } catch (CarillonException e) {
                throw CommandException.misused(String.valueOf(e.getMessage()));
            }
        }
        Map<String, String> criteria = new LinkedHashMap<>();
        put(criteria, "tenant", tenant == null ? null : OperatorOptions.checkedTenant(tenant));
        put(criteria, "user", user);
        put(criteria, "session", session);
        put(criteria, "context", context);
        put(criteria, "scope", scope);
        put(criteria, "label", label);
        return criteria;
    }

    private static void put(Map<String, String> to, String name, @Nullable String value) {
        if (value != null) {
            to.put(name, value);
        }
    }

    private static void check(boolean holds, String rule) {
        if (!holds) {
            throw CommandException.misused(rule);
        }
    }

    private URI target(Map<String, String> parameters) {
        return operator.target("/admin/connections" + OperatorOptions.query(parameters));
    }

    private void print(JsonNode answer) {
        if (json) {
            console.out().println(answer);
        } else if (close) {
            console.out()
                    .println("closed "
                            + ConnectionTable.count(answer.path("closed").asInt()));
        } else {
            new ConnectionTable(answer).print(console.out());
        }
    }
}
