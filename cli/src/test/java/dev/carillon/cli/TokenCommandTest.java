package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.auth.Grants;
import dev.carillon.base.Platform;
import dev.carillon.jwt.JwtAuthorizer;
import dev.carillon.jwt.JwtConfig;
import dev.carillon.scope.Scope;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenCommandTest {
    private static final String KEY = "a key of the tests, more than 32 bytes long";
    private static final String OTHER = "another key, which is more than 32 bytes long too";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    @Test
    void a_token_grants_what_it_was_made_for_and_no_more() {
        Grants grants = grants(
                "HS256",
                KEY,
                CommandRun.of(
                        "token",
                        "--jwt-key",
                        KEY,
                        "--broadcast",
                        "topic:a/*",
                        "--broadcast",
                        "global",
                        "--user",
                        "ann",
                        "--tenant",
                        "acme"));

        assertThat(grants.user()).isEqualTo("ann");
        assertThat(grants.tenant().name()).isEqualTo("acme");
        assertThat(grants.mayBroadcast(Scope.topic("a/1"))).isTrue();
        assertThat(grants.mayBroadcast(Scope.GLOBAL)).isTrue();
        assertThat(grants.mayBroadcast(Scope.topic("b"))).isFalse();
    }

    @Test
    void token_expires_after_the_given_time() {
        Instant before = Instant.now();
        Instant end = grants("HS256", KEY, CommandRun.of("token", "--jwt-key", KEY, "--expires", "30m"))
                .expiresAt();

        assertThat(end).isBetween(before.plus(Duration.ofMinutes(29)), before.plus(Duration.ofMinutes(31)));
    }

    @ParameterizedTest
    @CsvSource({"HS256,32", "HS256,64", "HS384,48", "HS512,64", "HS256,200"})
    void node_accepts_tokens_of_every_algorithm_and_key_length(String algorithm, int length) {
        String key = "k".repeat(length);

        assertThat(grants(
                                algorithm,
                                key,
                                CommandRun.of("token", "--jwt-alg", algorithm, "--jwt-key", key, "--read", "*"))
                        .user())
                .isNull();
    }

    @Test
    void the_key_comes_from_a_flag_a_file_or_a_variable_in_this_order() throws IOException {
        Path file = Files.writeString(dir.resolve("key"), KEY + "\n");
        Map<String, String> variables = Map.of("CARILLON_JWT_KEY", OTHER);

        grants("HS256", KEY, CommandRun.of(variables, "", "token", "--jwt-key", KEY));
        grants("HS256", KEY, CommandRun.of(variables, "", "token", "--jwt-key-file", file.toString()));
        grants("HS256", OTHER, CommandRun.of(variables, "", "token"));
        grants("HS256", KEY, CommandRun.of(Map.of("CARILLON_JWT_KEY_FILE", file.toString()), "", "token"));
    }

    @Test
    void a_key_beside_a_file_is_refused() {
        CommandRun run = CommandRun.of("token", "--jwt-key", KEY, "--jwt-key-file", "f");

        assertThat(run.status()).isEqualTo(2);
        assertThat(run.err()).isEqualTo("carillon: jwt-key-file: f: must not be given beside jwt-key\n");
    }

    @Test
    void token_is_explained_and_the_status_says_whether_a_node_accepts_it() {
        String token = CommandRun.of("token", "--jwt-key", KEY, "--user", "ann")
                .out()
                .lines()
                .toList()
                .getLast();

        CommandRun own = CommandRun.of(Map.of(), token, "token", "--jwt-key", KEY, "--check", "-");
        CommandRun other = CommandRun.of("token", "--jwt-key", OTHER, "--check", token);

        assertThat(own.status()).isZero();
        assertThat(own.out()).contains("user         ann", "verdict      valid");
        assertThat(other.status()).isEqualTo(1);
        assertThat(other.out()).contains("verdict      refused, token-invalid").doesNotContain(OTHER);
        assertThat(CommandRun.of("token", "--jwt-key", KEY, "--check", token, "--read", "*")
                        .err())
                .isEqualTo("carillon: --check explains a token, and makes none: give it no grants\n");
    }

    /** The token is the last line of the output, and a node with the key accepts it. */
    private static Grants grants(String algorithm, String key, CommandRun run) {
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        String token = run.out().lines().toList().getLast();
        return new JwtAuthorizer(JwtConfig.of(algorithm, key, false), new SimpleMeterRegistry(), Platform.system())
                .authorize(token)
                .toCompletableFuture()
                .join();
    }
}
