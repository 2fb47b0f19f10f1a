package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.Key;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.LogKeys;
import dev.carillon.cli.base.ProxyKeys;
import dev.carillon.node.NodeKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class HelpTest {
    private static final Path ROOT = Path.of("..");

    static Set<String> commands() {
        return Main.commandLine(Console.system()).getSubcommands().keySet();
    }

    @ParameterizedTest
    @MethodSource("commands")
    void every_command_has_a_help_with_an_example(String command) {
        CommandRun run = CommandRun.of(command, "--help");

        assertThat(run.status()).isZero();
        assertThat(run.out()).contains("Example: ", "./carillon " + command);
    }

    @ParameterizedTest
    @MethodSource("commands")
    void the_root_script_names_every_command(String command) throws IOException {
        assertThat(Files.readString(ROOT.resolve("carillon"))).containsPattern("\n  " + command + " +[a-z]");
    }

    @Test
    void help_of_serve_names_the_options_that_are_not_settings() {
        assertThat(CommandRun.of("serve", "--help").out()).contains("--lightshow", "--stop-with-stdin", "--config");
    }

    @Test
    void help_of_bench_limit_has_its_own_defaults_and_no_preset() {
        assertThat(CommandRun.of("bench", "limit", "--help").out().replaceAll("\\s+", " "))
                .contains("Nodes, 1 to 20. Default: 1.", "Clients, 1 to 1000000. Default: 1000.")
                .doesNotContain("--preset");
    }

    @Test
    void settings_page_lists_every_key_of_node_and_proxy() throws IOException {
        assertThat(Files.readString(ROOT.resolve("docs/settings.md")))
                .contains(table(NodeKeys.ALL))
                .contains(table(ProxyKeys.ALL))
                .contains(table(LogKeys.ALL));
    }

    /** What the page must hold: to renew it, copy this from the failure of the test. */
    private static String table(List<Key<?>> keys) {
        StringBuilder table = new StringBuilder("| flag | variable | default | meaning |\n| --- | --- | --- | --- |\n");
        for (Key<?> key : keys) {
            String flag = "`--" + key.name() + (key.isFlag() ? "" : " " + key.placeholder()) + "`";
            String fallback =
                    key.defaultValue() == null || key.defaultValue().isEmpty() ? "" : "`" + key.defaultValue() + "`";
            table.append("| ")
                    .append(flag)
                    .append(" | `")
                    .append(String.join("`, `", key.variables()))
                    .append("` | ")
                    .append(fallback)
                    .append(" | ")
                    .append(key.help().replace("|", "\\|"))
                    .append(" |\n");
        }
        return table.toString();
    }
}
