package dev.carillon.cli;

import dev.carillon.base.Settings;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.cli.base.KeyOptions;
import dev.carillon.cli.base.LogKeys;
import dev.carillon.cli.base.Shutdown;
import dev.carillon.cli.reload.ListenSockets;
import dev.carillon.cli.reload.Predecessor;
import dev.carillon.cli.reload.Reload;
import dev.carillon.cli.reload.ServiceManager;
import dev.carillon.lab.cluster.Commands;
import dev.carillon.lab.cluster.ListenAddresses;
import dev.carillon.node.Node;
import dev.carillon.node.NodeConfig;
import dev.carillon.node.NodeKeys;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** {@code serve}: runs one node until it is stopped. */
final class ServeCommand implements Callable<Integer> {
    private static final KeyOptions OPTIONS = new KeyOptions(LogKeys.after(NodeKeys.ALL));

    private static final String PRINT_CONFIG = "--print-config";

    private static final String CHECK_CONFIG = "--check-config";

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
                .description("Serve the example applications at /lightshow and /examples.")
                .build());
        spec.addOption(OptionSpec.builder(PRINT_CONFIG)
                .description("Print all settings with their defaults, as a file for --config, and exit.")
                .build());
        spec.addOption(OptionSpec.builder(CHECK_CONFIG)
                .description("Check all settings and exit: status 0 if they are valid, 2 with the first error if not.")
                .build());
        spec.usageMessage()
                .abbreviateSynopsis(true)
                .description(
                        "Starts one node. Ctrl-C or SIGTERM drains it: health checks answer draining, then the streams end, spread over "
                                + "some time, then the node stops. A second signal stops it at once. SIGHUP without a terminal, as from "
                                + "systemctl reload, replaces the process by a new one with the same ports. A flag overrides a "
                                + "variable, a variable overrides the file.")
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
        LogKeys.apply(settings);
        NodeConfig config = NodeConfig.of(settings);
        if (given.hasMatchedOption(CHECK_CONFIG)) {
            console.out().println("carillon: the settings are valid");
            return ExitCode.OK;
        }
        ListenSockets.install();
        Optional<Predecessor> predecessor = Predecessor.of(console.variables());
        ServiceManager manager = new ServiceManager(console.variables());
        Reload reload = new Reload(
                spec.commandLine().getParent().getParseResult().originalArgs(),
                console.variables(),
                obstacle(settings),
                manager);
        Node.Builder builder = Node.builder(config).onReload(reload::request);
        if (given.hasMatchedOption(Commands.LIGHTSHOW)) {
            builder.extension(new ExampleApplications());
        }
        Node node = builder.start();
        Shutdown shutdown = new Shutdown(
                () -> {
                    manager.stopping();
                    reload.cancel();
                    drain(node);
                },
                node::close);
        if (!Reload.hasTerminal()) {
            shutdown.onHangUp(reload::requestBySignal);
        }
        if (given.hasMatchedOption(Commands.STOP_WITH_STDIN)) {
            shutdown.whenEnds(console.in());
        }
        console.out().println(ListenAddresses.of(node, settings).line());
        if (predecessor.isPresent() && !predecessor.get().takeOver()) {
            node.close();
            return ExitCode.FAILED;
        }
        reload.allow(node);
        manager.ready();
        node.awaitStopped();
        if (reload.hasSucceeded()) {
            console.out().println("carillon: node " + node.id() + " was replaced by another process");
            return ExitCode.OK;
        }
        if (shutdown.wasRequested()) {
            console.out().println("carillon: node " + node.id() + " stopped");
            return ExitCode.OK;
        }
        // If the node stopped by itself, the log has the reason.
        return node.drained() ? ExitCode.OK : ExitCode.FAILED;
    }

    /** Why this process cannot be replaced by another one while it runs. */
    private static Optional<String> obstacle(Settings settings) {
        if (settings.get(NodeKeys.BROKER).scheme().equals("memory")) {
            return Optional.of("events and sessions are in the memory of this process; use a broker, or restart it");
        }
        if (settings.get(NodeKeys.PORT) == 0) {
            return Optional.of("port is 0, so another process would listen on another port; set port, or restart it");
        }
        return Optional.empty();
    }

    private static void drain(Node node) {
        try {
            node.drain();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
