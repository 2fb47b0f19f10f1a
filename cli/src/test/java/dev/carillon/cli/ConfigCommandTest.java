package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code config check} and {@code config print}. */
class ConfigCommandTest {
    private static final String VALID = "jwt-key=a key of the tests, more than 32 bytes long\n";

    private static final String BEGIN =
            "<!-- configurations, written by ConfigCommandTest with -Dcarillon.errors.write=true -->\n";

    @TempDir
    Path folder;

    @ParameterizedTest
    @MethodSource("wrong")
    void check_names_what_is_wrong_and_what_to_do(String lines, String errors) throws IOException {
        CommandRun run = check(lines.startsWith("jwt-key") ? lines : VALID + lines);

        assertThat(run.err())
                .isEqualTo(
                        errors.lines().map(line -> "carillon: " + line + "\n").collect(Collectors.joining()));
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
    }

    @Test
    void page_has_what_a_start_and_the_check_say() throws IOException {
        StringBuilder table =
                new StringBuilder("| lines of the file | `serve` says | `config check` says |\n| --- | --- | --- |\n");
        for (Arguments arguments : wrong().toList()) {
            String lines = (String) arguments.get()[0];
            Path file =
                    Files.writeString(folder.resolve("node.conf"), lines.startsWith("jwt-key") ? lines : VALID + lines);
            CommandRun start = CommandRun.of("serve", "--config", file.toString());
            assertThat(start.status()).as(lines).isEqualTo(2);
            assertThat(start.out()).isEmpty();
            String said = start.err().replaceAll("carillon: |\n$", "");
            String checked = (String) arguments.get()[1];
            table.append("| `")
                    .append(lines.replace("\n", "`<br>`"))
                    .append("` | ")
                    .append(said.replace("\n", "<br>"))
                    .append(" | ")
                    .append(said.equals(checked) ? "the same" : checked.replace("\n", "<br>"))
                    .append(" |\n");
        }
        Path file = Path.of("../docs/errors.md");
        String page = Files.readString(file);
        int begin = page.indexOf(BEGIN) + BEGIN.length();
        int end = page.indexOf("<!-- end of configurations -->");
        assertThat(begin).isBetween(BEGIN.length(), end);
        if (Boolean.getBoolean("carillon.errors.write")) {
            Files.writeString(file, page.substring(0, begin) + table + page.substring(end));
        } else {
            assertThat(page.substring(begin, end)).isEqualTo(table.toString());
        }
    }

    static Stream<Arguments> wrong() {
        return Stream.of(
                Arguments.of("port=70000", "port: 70000: must be a whole number from 0 to 65535"),
                Arguments.of(
                        "port=8081 # of n1",
                        "port: 8081 # of n1: must be a whole number from 0 to 65535; a comment needs a line of its own"),
                Arguments.of("port=\"8081\"", "port: the value is in quotes, which would be a part of it; remove them"),
                Arguments.of("prot=8081", "prot: is not a setting; write port"),
                Arguments.of("CARILLON_PORT=8081", "CARILLON_PORT: is not a setting; write port"),
                Arguments.of("--admin-port=9081", "--admin-port: is not a setting; write admin-port"),
                Arguments.of("max_connections=10", "max_connections: is not a setting; write max-connections"),
                Arguments.of(
                        "colour=blue",
                        "colour: is not a setting; docs/settings.md and carillon serve --print-config have all"),
                Arguments.of(
                        "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC=x",
                        "(hidden): is not a setting; docs/settings.md and carillon serve --print-config have all"),
                Arguments.of(
                        "heartbeat=15",
                        "heartbeat: 15: must be a duration such as 500ms, 10s, 5m or 1h, from 1s to 10m"),
                Arguments.of("anonymous=yes", "anonymous: yes: must be true or false"),
                Arguments.of("mode=prod", "mode: prod: must be production or development"),
                Arguments.of("node-id=a b", "node-id: a b: must be 1 to 64 letters, digits, '.', '_' or '-'"),
                Arguments.of(
                        "base-path=app/",
                        "base-path: app/: must be a path such as /myapp, without a host, a query or a slash at the end"),
                Arguments.of("jwt-key=short", "jwt-key: (hidden): must have at least 32 bytes for HS256, but has 5"),
                Arguments.of(
                        "operator-token=0123456789abcdef",
                        "operator-token: (hidden): must have at least 32 characters"),
                Arguments.of(
                        "broker=redis//127.0.0.1",
                        "broker: (hidden): must be an address such as memory or redis://host:port"),
                Arguments.of(
                        "broker=redis://u:pw@h",
                        "secret: (none): must be given, the same on every node, when a broker joins the nodes"),
                Arguments.of(
                        "cors-origins=https://*.example.com",
                        "cors-origins: https://*.example.com: must be an origin such as https://app.example.com, without a path"),
                Arguments.of(
                        "internal-host=0.0.0.0",
                        "advertise: (none): must be given, as HOST or HOST:PORT at which the other nodes reach this one, when internal-host is 0.0.0.0"),
                Arguments.of(
                        "prot=8081\nanonymous=yes\nmode=prod",
                        "anonymous: yes: must be true or false\nmode: prod: must be production or development\nprot: is not a setting; write port"),
                Arguments.of(
                        "broker=redis://h\nmode=prod\nport=1\nport=2",
                        "mode: prod: must be production or development\n"
                                + "warning: port: stands in several lines, of which the last counts; remove the others"));
    }

    @Test
    void repeated_setting_is_a_warning_because_a_node_would_start() throws IOException {
        CommandRun run = check(VALID + "port=8081\nport=8082\n");

        assertThat(run.err())
                .isEqualTo(
                        "carillon: warning: port: stands in several lines, of which the last counts; remove the others\n");
        assertThat(run.out()).endsWith("node.conf: the settings are valid\n");
        assertThat(run.status()).isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "nats://a.example:4222,b:4222 | nats://a.example:4222,b:4222",
                "redis+sentinel://a,[::1]:26379/main/0 | redis+sentinel://a,[::1]:26379/main/0",
                "nats://u:pw@a:4222,b:4222 | nats:(hidden)",
                "nats://a:4222,b:4222?token=pw | nats:(hidden)",
                "redis+cluster://a:pw,b | redis+cluster:(hidden)"
            })
    void print_shows_several_servers_unless_the_address_has_a_secret(String broker, String shown) {
        assertThat(CommandRun.of("config", "print", "--broker", broker).out().lines())
                .anyMatch(line -> line.startsWith("broker=" + shown + " "));
    }

    @Test
    void check_accepts_what_a_node_starts_with_and_variables_count() throws IOException {
        assertThat(check(VALID + "port=8081\nheartbeat=20s\n").out()).endsWith("node.conf: the settings are valid\n");
        assertThat(CommandRun.of("config", "check", folder.resolve("none").toString())
                        .err())
                .contains("none: file not found");
        Path file = Files.writeString(folder.resolve("node.conf"), "broker=redis://127.0.0.1\n");
        Map<String, String> variables = Map.of(
                "CARILLON_SECRET",
                "0123456789abcdef",
                "CARILLON_JWT_KEY",
                "a key of the tests, more than 32 bytes long");
        assertThat(CommandRun.of(variables, "", "config", "check", file.toString())
                        .err())
                .isEmpty();
    }

    @Test
    void print_names_the_origin_of_each_value_and_hides_secrets() throws IOException {
        Path file = Files.writeString(
                folder.resolve("node.conf"), VALID + "port=8081\nbroker=redis://ann:pw@h:6379\nheartbeat=20s\n");
        CommandRun run = CommandRun.of(
                Map.of("CARILLON_PORT", "8082", "CARILLON_SECRET", "0123456789abcdef", "PORT", "8082"),
                "",
                "config",
                "print",
                "--config",
                file.toString(),
                "--heartbeat",
                "30s");

        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out().lines().map(line -> line.replaceAll(" +#", " #")))
                .contains(
                        "port=8082 # variable CARILLON_PORT",
                        "heartbeat=30s # flag --heartbeat",
                        "jwt-key=(hidden) # file " + file,
                        "secret=(hidden) # variable CARILLON_SECRET",
                        "broker=redis://(hidden)@h:6379 # file " + file,
                        "admin-port=9080 # default")
                .noneMatch(line -> line.contains("pw") || line.contains("0123") || line.startsWith("tls-key="));
    }

    private CommandRun check(String lines) throws IOException {
        return CommandRun.of(
                "config",
                "check",
                Files.writeString(folder.resolve("node.conf"), lines).toString());
    }
}
