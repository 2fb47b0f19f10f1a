package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Key;
import dev.carillon.base.Settings;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.KeyOptions;
import dev.carillon.node.NodeKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

class KeyOptionsTest {
    private static final KeyOptions OPTIONS = new KeyOptions(NodeKeys.ALL);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    @Test
    void every_key_is_a_flag_with_its_help_its_default_and_its_variable() {
        CommandSpec spec = ServeCommand.spec(Console.system());

        assertThat(NodeKeys.ALL).allSatisfy(key -> {
            String description =
                    String.join(" ", spec.findOption("--" + key.name()).description());
            assertThat(description).contains(key.help()).contains(key.variables());
            assertThat(key.isFlag() || key.defaultValue() == null || description.contains(key.defaultValue()))
                    .isTrue();
        });
    }

    @Test
    void flag_overrides_variable_and_variable_overrides_file() throws IOException {
        Path file = Files.writeString(dir.resolve("node.properties"), "port = 1\nadmin-port=2\nhost=file.example\n");

        Settings settings = settings(
                Map.of("CARILLON_PORT", "3", "CARILLON_ADMIN_PORT", "4"), "--config", file.toString(), "--port", "5");

        assertThat(settings.get(NodeKeys.PORT)).isEqualTo(5);
        assertThat(settings.get(NodeKeys.ADMIN_PORT)).isEqualTo(4);
        assertThat(settings.get(NodeKeys.HOST)).isEqualTo("file.example");
        assertThat(settings.get(NodeKeys.HEARTBEAT)).isEqualTo(Duration.ofSeconds(15));
    }

    @Test
    void the_file_may_be_named_by_a_variable() throws IOException {
        Path file = Files.writeString(dir.resolve("node.properties"), "host=grüße.example\n");

        assertThat(settings(Map.of("CARILLON_CONFIG", file.toString())).get(NodeKeys.HOST))
                .isEqualTo("grüße.example");
    }

    @Test
    void an_entry_of_the_file_that_is_no_key_is_refused() throws IOException {
        Path file = Files.writeString(dir.resolve("node.properties"), "prot=1\n");

        assertThatThrownBy(() -> settings(Map.of(), "--config", file.toString()))
                .isInstanceOf(ConfigException.class)
                .hasMessage("prot: (not shown): is not a setting; see --help");
    }

    @Test
    void flag_needs_no_value_and_accepts_one() {
        assertThat(settings(Map.of(), "--anonymous").get(NodeKeys.ANONYMOUS)).isTrue();
        assertThat(settings(Map.of("CARILLON_ANONYMOUS", "true"), "--anonymous=false")
                        .get(NodeKeys.ANONYMOUS))
                .isFalse();
    }

    @Test
    void the_flag_of_a_list_may_be_given_several_times() {
        assertThat(settings(Map.of(), "--cors-origins", "http://a,http://b", "--cors-origins", "http://c")
                        .get(NodeKeys.CORS_ORIGINS))
                .containsExactly("http://a", "http://b", "http://c");
    }

    @Test
    void a_variable_of_another_command_is_no_mistake() {
        assertThat(settings(Map.of("CARILLON_NODE", "http://h:1")).get(NodeKeys.PORT))
                .isEqualTo(8080);
    }

    @Test
    void the_reference_hubs_variables_are_settings_of_the_hub() {
        assertThat(settings(Map.of("MERCURE_PUBLISHER_JWT_ALG", "RS256", "MERCURE_OTHER", "x"))
                        .text(key("mercure-publisher-alg")))
                .contains("RS256");
    }

    private static Key<?> key(String name) {
        return NodeKeys.ALL.stream()
                .filter(key -> key.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static Settings settings(Map<String, String> variables, String... args) {
        CommandSpec spec = CommandSpec.create();
        OPTIONS.addTo(spec);
        return OPTIONS.settings(new CommandLine(spec).parseArgs(args), variables);
    }
}
