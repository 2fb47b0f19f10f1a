package dev.carillon.cli;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Key;
import dev.carillon.base.PrintableUrl;
import dev.carillon.base.Settings;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.cli.base.KeyOptions;
import dev.carillon.cli.base.RollKeys;
import dev.carillon.cli.base.ServerUrl;
import dev.carillon.cli.roll.AdminClient;
import dev.carillon.cli.roll.Roll;
import dev.carillon.jwt.KeyText;
import dev.carillon.node.NodeKeys;
import java.net.URI;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;

/** {@code roll}: restarts the nodes of a running cluster one after another. */
final class RollCommand implements Callable<Integer> {
    private static final KeyOptions OPTIONS = new KeyOptions(List.<Key<?>>of(
            RollKeys.ADMIN_URL,
            RollKeys.SURGE,
            RollKeys.NODE_TIMEOUT,
            RollKeys.SETTLE,
            NodeKeys.OPERATOR_TOKEN,
            NodeKeys.OPERATOR_TOKEN_FILE));

    private final Console console;
    private final CommandSpec spec;

    private RollCommand(Console console) {
        this.console = console;
        this.spec = CommandSpec.wrapWithoutInspection(this).name("roll");
    }

    static CommandSpec spec(Console console) {
        CommandSpec spec = new RollCommand(console).spec;
        OPTIONS.addTo(spec);
        spec.usageMessage()
                .abbreviateSynopsis(true)
                .description(
                        "Restarts the nodes of a running cluster one after another, by requests to their admin ports: each node drains and "
                                + "stops, and its supervisor (systemd, an orchestrator) must start it again. The next node follows when "
                                + "the last one is ready and proxies have seen that. Stops at the first node that is in trouble. Exit status 1: a node was not "
                                + "restarted.")
                .footer(
                        "",
                        "Example: after a new release was installed on three machines",
                        "  export CARILLON_OPERATOR_TOKEN=...",
                        "  ./carillon roll --admin-url http://n1:9080,http://n2:9080,http://n3:9080");
        return spec;
    }

    @Override
    public Integer call() throws InterruptedException {
        Settings settings = OPTIONS.settings(spec.commandLine().getParseResult(), console.variables());
        List<URI> nodes = settings.get(RollKeys.ADMIN_URL).stream()
                .map(RollCommand::adminPort)
                .toList();
        if (nodes.isEmpty()) {
            throw new ConfigException(
                    RollKeys.ADMIN_URL, "(none)", "must be given for each node, as the URL of its admin port");
        }
        String token = KeyText.of(settings, NodeKeys.OPERATOR_TOKEN, NodeKeys.OPERATOR_TOKEN_FILE)
                .orElseThrow(() -> new ConfigException(
                        NodeKeys.OPERATOR_TOKEN.name(),
                        "(none)",
                        "must be given, by " + NodeKeys.OPERATOR_TOKEN.variable() + " or --operator-token-file"));
        try (AdminClient client = new AdminClient(token)) {
            Roll.Options options = new Roll.Options(
                    settings.get(RollKeys.SURGE), settings.get(RollKeys.NODE_TIMEOUT), settings.get(RollKeys.SETTLE));
            new Roll(client, console.out(), options).run(nodes);
        }
        return ExitCode.OK;
    }

    private static URI adminPort(String url) {
        try {
            return ServerUrl.of(url, "/", "http://127.0.0.1:9080");
        } catch (ConfigException e) {
            throw new ConfigException(
                    RollKeys.ADMIN_URL,
                    PrintableUrl.of(url),
                    "must be the URL of an admin port, such as http://127.0.0.1:9080");
        }
    }
}
