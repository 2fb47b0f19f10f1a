package dev.carillon.cli;

import picocli.CommandLine.Model.OptionSpec;

/** The option {@code --help} of every command. */
final class HelpOption {
    private HelpOption() {}

    static OptionSpec spec() {
        return OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .description("Print this help.")
                .build();
    }
}
