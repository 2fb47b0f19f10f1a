package dev.carillon.cli.base;

import picocli.CommandLine.Model.OptionSpec;

/** The option {@code --help} of every command. */
public final class HelpOption {
    private HelpOption() {}

    public static OptionSpec spec() {
        return OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .description("Print this help.")
                .build();
    }
}
