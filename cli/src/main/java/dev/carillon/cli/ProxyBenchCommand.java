package dev.carillon.cli;

import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.cli.base.WholeNumber;
import dev.carillon.lab.bench.ProxyBench;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench proxy}: measures the cost of the proxy. */
@Command(
        name = "proxy",
        description = {
            "Measures the cost of the proxy: connects clients to a node directly and through the proxy, in turn, and prints medians and "
                    + "ratios. Then it disconnects all clients and prints the resources that the proxy still uses.",
            "Linux only. The figures depend on the machine; compare the ratios of one run."
        },
        sortOptions = false,
        footer = {"", "Example:", "  ./carillon bench proxy --connections 1000"})
final class ProxyBenchCommand implements Callable<Integer> {
    private final Console console;

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "5000",
            description =
                    "Number of event streams, 1 to 100000; the proxy needs two descriptors for each. Default: 5000.")
    private int connections;

    @Option(
            names = "--events",
            paramLabel = "N",
            defaultValue = "50",
            description = "Number of events per round, 1 to 10000. Default: 50.")
    private int events;

    @Option(
            names = "--rate",
            paramLabel = "N",
            defaultValue = "5",
            description = "Events per second, 1 to 1000. Default: 5.")
    private int rate;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "3",
            description = "Number of rounds, 1 to 100, after one for warm-up. Default: 3.")
    private int rounds;

    ProxyBenchCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws InterruptedException {
        ProxyBench.Plan plan = new ProxyBench.Plan(
                WholeNumber.checked("connections", connections, 1, 100_000),
                WholeNumber.checked("events", events, 1, 10_000),
                WholeNumber.checked("rate", rate, 1, 1_000),
                WholeNumber.checked("rounds", rounds, 1, 100));
        try (ProxyBench bench = ProxyBench.start(console.commands(), plan, console.out(), console.err())) {
            bench.run();
        }
        return ExitCode.OK;
    }
}
