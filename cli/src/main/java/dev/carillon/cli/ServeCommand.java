package dev.carillon.cli;

import dev.carillon.base.Settings;
import dev.carillon.examples.lightshow.Lightshow;
import dev.carillon.lab.cluster.Commands;
import dev.carillon.lab.cluster.NodeAddress;
import dev.carillon.node.Node;
import dev.carillon.node.NodeConfig;
import dev.carillon.node.NodeKeys;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** {@code serve}: one node, until it is told to stop. */
final class ServeCommand implements Callable<Integer> {
    private static final KeyOptions OPTIONS = new KeyOptions(NodeKeys.ALL);

    private final Console console;
    private final CommandSpec spec;

    private ServeCommand(Console console) {
        this.console = console;
        this.spec = CommandSpec.wrapWithoutInspection(this).name("serve");
    }

    static CommandSpec spec(Console console) {
        CommandSpec spec = new ServeCommand(console).spec;
        OPTIONS.addTo(spec);
        spec.addOption(OptionSpec.builder(Commands.STOP_WITH_STDIN)
                .description("End when standard input ends, as it does when the process that started this one is gone.")
                .build());
        spec.addOption(OptionSpec.builder(Commands.LIGHTSHOW)
                .description("Serve the example at /lightshow.")
                .build());
        spec.usageMessage()
                .abbreviateSynopsis(true)
                .description(
                        "Starts one node. At Ctrl-C or SIGTERM it drains: its health tells the proxies, then its streams end, "
                                + "spread over some time, then it stops; a second one ends it at once. A flag wins over a "
                                + "variable, a variable over the file.")
                .footer(
                        "",
                        "Example: a node of a cluster over Redis, key and secret from the environment, which does not",
                        "show in the list of processes, as flags do",
                        "  export CARILLON_JWT_KEY=... CARILLON_SECRET=...",
                        "  ./carillon serve --node-id n1 --port 8081 --broker redis://127.0.0.1:6379 --anonymous");
        return spec;
    }

    @Override
    public Integer call() throws InterruptedException {
        var given = spec.commandLine().getParseResult();
        KeyOptions.warn(console);
        Settings settings = OPTIONS.settings(given, console.variables());
        NodeConfig config = NodeConfig.of(settings);
        Node.Builder builder = Node.builder(config);
        if (given.hasMatchedOption(Commands.LIGHTSHOW)) {
            builder.extension(new Lightshow());
        }
        Node node = builder.start();
        Shutdown shutdown = new Shutdown(() -> drain(node), node::close);
        if (given.hasMatchedOption(Commands.STOP_WITH_STDIN)) {
            shutdown.whenEnds(console.in());
        }
        console.out()
                .println(NodeAddress.of(node, settings.required(NodeKeys.HOST), settings.required(NodeKeys.ADMIN_HOST))
                        .line());
        node.awaitStopped();
        if (shutdown.wasAsked()) {
            console.out().println("carillon: node " + node.id() + " stopped");
            return ExitCode.OK;
        }
        // A line of the log says why.
        return ExitCode.FAILED;
    }

    private static void drain(Node node) {
        try {
            node.drain();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
