package dev.carillon.cli;

import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.HelpOption;
import dev.carillon.cli.plan.CalibrateCommand;
import picocli.CommandLine.Model.CommandSpec;

/** {@code bench}: benchmarks on this machine. */
final class BenchCommand {
    private BenchCommand() {}

    static CommandSpec spec(Console console) {
        CommandSpec spec = CommandSpec.create().name("bench");
        spec.usageMessage()
                .description("Runs a benchmark on this machine, in processes that it starts.")
                .footer("", "Example: cost of the proxy", "  ./carillon bench proxy --connections 1000");
        CommandSpec proxy = CommandSpec.forAnnotatedObject(new ProxyBenchCommand(console));
        proxy.addOption(HelpOption.spec());
        spec.addSubcommand(proxy.name(), proxy);
        CommandSpec broadcast = CommandSpec.forAnnotatedObject(new BroadcastBenchCommand(console));
        broadcast.addOption(HelpOption.spec());
        spec.addSubcommand(broadcast.name(), broadcast);
        CommandSpec fanout = CommandSpec.forAnnotatedObject(new FanoutCommand(console));
        fanout.addOption(HelpOption.spec());
        spec.addSubcommand(fanout.name(), fanout);
        CommandSpec sticky = CommandSpec.forAnnotatedObject(new StickyBenchCommand(console));
        sticky.addOption(HelpOption.spec());
        spec.addSubcommand(sticky.name(), sticky);
        CommandSpec calibrate = CommandSpec.forAnnotatedObject(new CalibrateCommand(console));
        calibrate.addOption(HelpOption.spec());
        spec.addSubcommand(calibrate.name(), calibrate);
        return spec;
    }
}
