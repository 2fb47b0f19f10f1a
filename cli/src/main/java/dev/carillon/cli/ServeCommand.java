package dev.carillon.cli;

import dev.carillon.base.Settings;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.cli.base.KeyOptions;
import dev.carillon.cli.base.Shutdown;
import dev.carillon.examples.lightshow.Lightshow;
import dev.carillon.lab.cluster.Commands;
import dev.carillon.lab.cluster.ListenAddresses;
import dev.carillon.node.Node;
import dev.carillon.node.NodeConfig;
import dev.carillon.node.NodeKeys;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** {@code serve}: runs one node until it is stopped. */
final class ServeCommand implements Callable<Integer> {
    private static final KeyOptions OPTIONS = new KeyOptions(NodeKeys.ALL);

    private static final String PRINT_CONFIG = "--print-config";

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
                .description("Stop when standard input ends, which happens when the parent process ends.")
                .build());
        spec.addOption(OptionSpec.builder(Commands.LIGHTSHOW)
                .description("Serve the example application at /lightshow.")
                .build());
        spec.addOption(OptionSpec.builder(PRINT_CONFIG)
                .description("Print all settings with their defaults, as a file for --config, and exit.")
                .build());
        spec.usageMessage()
                .abbreviateSynopsis(true)
                .description(
                        "Starts one node. Ctrl-C or SIGTERM drains it: health checks answer draining, then the streams end, spread over "
                                + "some time, then the node stops. A second signal stops it at once. A flag overrides a variable, a "
                                + "variable overrides the file.")
                .footer(
                        "",
                        "Example: a node of a cluster over Redis. Key and secret come from the environment, because flags",
                        "are visible in the list of processes",
                        "  export CARILLON_JWT_KEY=... CARILLON_SECRET=...",
                        "  ./carillon serve --node-id n1 --port 8081 --broker redis://127.0.0.1:6379 --anonymous");
        return spec;
    }

    @Override
    public Integer call() throws InterruptedException {
        var given = spec.commandLine().getParseResult();
        if (given.hasMatchedOption(PRINT_CONFIG)) {
            OPTIONS.printFile(console.out());
            return ExitCode.OK;
        }
        KeyOptions.warn(console);
        Settings settings = OPTIONS.settings(given, console.variables());
        Node.Builder builder = Node.builder(NodeConfig.of(settings));
        if (given.hasMatchedOption(Commands.LIGHTSHOW)) {
            builder.extension(new Lightshow());
        }
        Node node = builder.start();
        Shutdown shutdown = new Shutdown(() -> drain(node), node::close);
        if (given.hasMatchedOption(Commands.STOP_WITH_STDIN)) {
            shutdown.whenEnds(console.in());
        }
        console.out().println(ListenAddresses.of(node, settings).line());
        node.awaitStopped();
        if (shutdown.wasRequested()) {
            console.out().println("carillon: node " + node.id() + " stopped");
            return ExitCode.OK;
        }
        // The log has the reason.
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
