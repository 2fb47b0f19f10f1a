package dev.carillon.cli;

import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.cli.base.HelpOption;
import dev.carillon.cli.base.KeyOptions;
import dev.carillon.cli.base.LogKeys;
import dev.carillon.cli.config.ConfigCheck;
import dev.carillon.cli.config.EffectiveSettings;
import dev.carillon.node.NodeConfig;
import dev.carillon.node.NodeKeys;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** {@code config}: checks the configuration of a node, or prints the values with which it would start. */
final class ConfigCommand {
    private static final KeyOptions OPTIONS = new KeyOptions(LogKeys.after(NodeKeys.ALL));

    private ConfigCommand() {}

    static CommandSpec spec(Console console) {
        CommandSpec spec = CommandSpec.create().name("config");
        spec.usageMessage()
                .description("Checks the configuration of a node, or prints the values with which it would start.")
                .footer(
                        "",
                        "Example: every wrong line of a file",
                        "  ./carillon config check /etc/carillon/node.conf",
                        "Example: which values count, and where they come from",
                        "  ./carillon config print --config /etc/carillon/node.conf");
        spec.addSubcommand("check", check(console));
        spec.addSubcommand("print", print(console));
        return spec;
    }

    private static CommandSpec check(Console console) {
        CommandSpec[] own = new CommandSpec[1];
        Callable<Integer> run = () -> {
            String file = own[0].commandLine().getParseResult().matchedPositionalValue(0, "");
            ConfigCheck.Findings findings = new ConfigCheck(OPTIONS).findings(file, console.variables());
            findings.errors().forEach(error -> console.err().println("carillon: " + error));
            findings.warnings().forEach(warning -> console.err().println("carillon: warning: " + warning));
            if (findings.errors().isEmpty()) {
                console.out().println("carillon: " + file + ": the settings are valid");
                return ExitCode.OK;
            }
            return ExitCode.MISUSED;
        };
        CommandSpec spec = CommandSpec.wrapWithoutInspection(run).name("check");
        own[0] = spec;
        spec.addOption(HelpOption.spec());
        spec.addPositional(PositionalParamSpec.builder()
                .index("0")
                .arity("1")
                .paramLabel("FILE")
                .type(String.class)
                .description("Configuration file with lines KEY=VALUE, as for serve --config.")
                .build());
        spec.usageMessage()
                .description(
                        "Prints every wrong line of a file, or if there is none the first conflict between settings, and exits with "
                                + "status 2, or 0 if a node would start. A setting that stands in several lines is a warning. Variables "
                                + "of the environment override the file, as they do for a node.");
        return spec;
    }

    private static CommandSpec print(Console console) {
        CommandSpec[] own = new CommandSpec[1];
        Callable<Integer> run = () -> {
            KeyOptions.Sources sources = OPTIONS.sources(own[0].commandLine().getParseResult(), console.variables());
            EffectiveSettings.lines(OPTIONS, sources).forEach(console.out()::println);
            // After the values: they show where a wrong one comes from.
            NodeConfig.of(OPTIONS.join(sources.flags(), sources.variables(), sources.file()));
            return ExitCode.OK;
        };
        CommandSpec spec = CommandSpec.wrapWithoutInspection(run).name("print");
        own[0] = spec;
        OPTIONS.addTo(spec);
        spec.addOption(HelpOption.spec());
        spec.usageMessage()
                .abbreviateSynopsis(true)
                .description(
                        "Prints every setting that has a value, with its origin: flag, variable, file or default. Takes the options of "
                                + "serve. Secrets are hidden.");
        return spec;
    }
}
