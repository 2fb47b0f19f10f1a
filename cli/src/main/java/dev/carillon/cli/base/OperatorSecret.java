package dev.carillon.cli.base;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Settings;
import dev.carillon.jwt.KeyText;
import dev.carillon.node.NodeKeys;
import picocli.CommandLine.Model.CommandSpec;

/** The operators' token of a command, from its options or the environment. */
public final class OperatorSecret {
    private OperatorSecret() {}

    /** @throws ConfigException when none is given */
    public static String of(KeyOptions options, CommandSpec spec, Console console) {
        Settings settings = options.settings(spec.commandLine().getParseResult(), console.variables());
        return KeyText.of(settings, NodeKeys.OPERATOR_TOKEN, NodeKeys.OPERATOR_TOKEN_FILE)
                .orElseThrow(() -> new ConfigException(
                        NodeKeys.OPERATOR_TOKEN.name(),
                        "(none)",
                        "must be given, by " + NodeKeys.OPERATOR_TOKEN.variable() + " or --operator-token-file"));
    }
}
