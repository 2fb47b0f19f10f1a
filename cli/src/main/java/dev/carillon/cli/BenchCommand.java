package dev.carillon.cli;

import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.HelpOption;
import dev.carillon.cli.plan.CalibrateCommand;
import dev.carillon.cli.scale.LimitCommand;
import dev.carillon.cli.scale.RehearseCommand;
import dev.carillon.cli.scale.ScaleCommand;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;

/** {@code bench}: benchmarks on this machine. */
final class BenchCommand {
    private BenchCommand() {}

    static CommandSpec spec(Console console) {
        CommandSpec spec = CommandSpec.create().name("bench");
        spec.usageMessage()
                .description("Runs a benchmark on this machine, in processes that it starts.")
                .footer("", "Example: cost of the proxy", "  ./carillon bench proxy --connections 1000");
        Stream.of(
                        new ProxyBenchCommand(console),
                        new BroadcastBenchCommand(console),
                        new FanoutCommand(console),
                        new TracingBenchCommand(console),
                        new StickyBenchCommand(console),
                        new CalibrateCommand(console),
                        new ScaleCommand(console),
                        new LimitCommand(console),
                        new RehearseCommand(console))
                .map(CommandSpec::forAnnotatedObject)
                .forEach(command -> {
                    command.addOption(HelpOption.spec());
                    spec.addSubcommand(command.name(), command);
                });
        return spec;
    }
}
