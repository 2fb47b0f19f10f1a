package dev.carillon.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** {@code bench}: measures on this machine, with processes of its own. */
final class BenchCommand {
    private BenchCommand() {}

    static CommandSpec spec(Console console) {
        CommandSpec spec = CommandSpec.create().name("bench");
        spec.usageMessage()
                .description("Measures on this machine, with processes of its own.")
                .footer("", "Example: what the proxy costs", "  ./carillon bench proxy --streams 1000");
        CommandSpec proxy = CommandSpec.forAnnotatedObject(new Proxy(console));
        proxy.addOption(Main.help());
        spec.addSubcommand(proxy.name(), proxy);
        CommandSpec broadcast = CommandSpec.forAnnotatedObject(new BroadcastBenchCommand(console));
        broadcast.addOption(Main.help());
        spec.addSubcommand(broadcast.name(), broadcast);
        CommandSpec fanout = CommandSpec.forAnnotatedObject(new FanoutCommand(console));
        fanout.addOption(Main.help());
        spec.addSubcommand(fanout.name(), fanout);
        return spec;
    }

    /** {@code bench proxy}. */
    @Command(
            name = "proxy",
            description = {
                "Measures what the proxy costs: a node directly and through the proxy, in turn, and prints the medians and "
                        + "their ratios. Then all clients leave, and it tells what is left of them.",
                "Linux only. Numbers depend on the machine; ratios of one run are worth more."
            },
            sortOptions = false,
            footer = {"", "Example:", "  ./carillon bench proxy --streams 1000"})
    static final class Proxy implements Callable<Integer> {
        private final Console console;

        @Option(
                names = "--streams",
                paramLabel = "N",
                defaultValue = "5000",
                description = "How many streams, 1 to 100000; the proxy needs two descriptors for each. Default: 5000.")
        private int streams;

        @Option(
                names = "--events",
                paramLabel = "N",
                defaultValue = "50",
                description = "How many events a round, 1 to 10000. Default: 50.")
        private int events;

        @Option(
                names = "--rate",
                paramLabel = "N",
                defaultValue = "5",
                description = "How many events a second, 1 to 1000. Default: 5.")
        private int rate;

        @Option(
                names = "--rounds",
                paramLabel = "N",
                defaultValue = "3",
                description = "How many rounds of each, 1 to 100, after one to warm up. Default: 3.")
        private int rounds;

        private Proxy(Console console) {
            this.console = console;
        }

        @Override
        public Integer call() throws InterruptedException {
            ProxyBench.Plan plan = new ProxyBench.Plan(
                    checked("streams", streams, 100_000),
                    checked("events", events, 10_000),
                    checked("rate", rate, 1_000),
                    checked("rounds", rounds, 100));
            try (ProxyBench bench = ProxyBench.start(console, plan)) {
                bench.run();
            }
            return Main.OK;
        }
    }

    static int checked(String name, int value, int max) {
        if (value < 1 || value > max) {
            throw CommandException.misused(name + ": " + value + ": must be a whole number from 1 to " + max);
        }
        return value;
    }
}
