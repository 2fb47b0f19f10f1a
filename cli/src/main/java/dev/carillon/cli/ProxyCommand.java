package dev.carillon.cli;

import dev.carillon.base.Settings;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.cli.base.KeyOptions;
import dev.carillon.cli.base.LogKeys;
import dev.carillon.cli.base.ProxyKeys;
import dev.carillon.cli.base.Shutdown;
import dev.carillon.lab.cluster.Commands;
import dev.carillon.proxy.ProxyConfig;
import dev.carillon.proxy.StickyProxy;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** {@code proxy}: runs the sticky proxy in front of nodes until it is stopped. */
final class ProxyCommand implements Callable<Integer> {
    private static final KeyOptions OPTIONS = new KeyOptions(LogKeys.after(ProxyKeys.ALL));

    private final Console console;
    private final CommandSpec spec;

    private ProxyCommand(Console console) {
        this.console = console;
        this.spec = CommandSpec.wrapWithoutInspection(this).name("proxy");
    }

    static CommandSpec spec(Console console) {
        CommandSpec spec = new ProxyCommand(console).spec;
        OPTIONS.addTo(spec);
        spec.addOption(OptionSpec.builder(Commands.STOP_WITH_STDIN)
                .description("Stop when standard input ends, which happens when the parent process ends.")
                .build());
        spec.usageMessage()
                .abbreviateSynopsis(true)
                .description(
                        "Starts a sticky proxy in front of nodes, for one machine and for tests. A cookie keeps each browser at its node, "
                                + "and health checks find nodes that are down. Ctrl-C or SIGTERM stops it. A flag overrides a variable, a "
                                + "variable overrides the file.")
                .footer(
                        "",
                        "Example: a proxy in front of two nodes",
                        "  ./carillon proxy --port 8080 --node http://127.0.0.1:8081 --node http://127.0.0.1:8082");
        return spec;
    }

    @Override
    public Integer call() throws InterruptedException {
        var given = spec.commandLine().getParseResult();
        Settings settings = OPTIONS.settings(given, console.variables());
        LogKeys.apply(settings);
        ProxyConfig config = ProxyKeys.config(settings);
        StickyProxy proxy = StickyProxy.start(config);
        CountDownLatch stopped = new CountDownLatch(1);
        Runnable stop = () -> {
            proxy.close();
            stopped.countDown();
        };
        Shutdown shutdown = new Shutdown(stop, stop);
        if (given.hasMatchedOption(Commands.STOP_WITH_STDIN)) {
            shutdown.whenEnds(console.in());
        }
        String scheme = config.tls().isPresent() ? "https" : "http";
        int nodes = config.nodes().size();
        console.out()
                .println("carillon: proxy serves " + scheme + "://"
                        + config.listen().host() + ":" + proxy.port() + " for "
                        + (nodes == 1 ? "1 node" : nodes + " nodes"));
        proxy.adminPort()
                .ifPresent(port -> console.out()
                        .println("carillon: metrics at http://"
                                + config.admin().map(ProxyConfig.Listen::host).orElse("") + ":" + port + "/metrics"));
        stopped.await();
        console.out().println("carillon: proxy stopped");
        return ExitCode.OK;
    }
}
