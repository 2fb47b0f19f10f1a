package dev.carillon.cli;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ConfigException;
import dev.carillon.base.Key;
import dev.carillon.base.Platform;
import dev.carillon.base.Settings;
import dev.carillon.cli.base.CommandException;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.cli.token.TokenCheck;
import dev.carillon.jwt.JwtConfig;
import dev.carillon.jwt.KeyText;
import dev.carillon.jwt.RequiredClaims;
import dev.carillon.lab.cluster.Tokens;
import dev.carillon.node.NodeKeys;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Selector;
import dev.carillon.scope.Tenant;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** {@code token}: creates a token. */
@Command(
        name = "token",
        description = "Creates a token and prints it, or explains one (--check).",
        sortOptions = false,
        footer = {
            "",
            "Example: a token with which a server can broadcast to all rooms for a day",
            "  ./carillon token --jwt-key-file jwt.key --broadcast 'topic:room/*' --expires 24h",
            "Example: why does a node refuse the token in the file token.txt?",
            "  ./carillon token --jwt-key-file jwt.key --check - < token.txt"
        })
final class TokenCommand implements Callable<Integer> {
    private static final Key<Duration> EXPIRES = Key.duration(
            "expires", "1h", Duration.ofSeconds(1), Duration.ofDays(3650), "Time until the token expires.");

    /** In bytes; more than any token that a node reads. */
    private static final int MAX_INPUT = 64 * 1024;

    private final Console console;

    @Option(
            names = "--jwt-key",
            paramLabel = "KEY",
            description =
                    "Key of the cluster, at least 32 bytes for HS256. Variable: CARILLON_JWT_KEY; unlike a flag, a variable is not "
                            + "visible in the list of processes.")
    private @Nullable String key;

    @Option(
            names = "--jwt-key-file",
            paramLabel = "FILE",
            description = "File with the key. Variable: CARILLON_JWT_KEY_FILE.")
    private @Nullable String keyFile;

    @Option(
            names = "--jwt-alg",
            paramLabel = "ALG",
            description =
                    "HS256, HS384 or HS512, the same as on the nodes; with --check every algorithm of jwt-alg. Default: HS256. "
                            + "Variable: CARILLON_JWT_ALG.")
    private @Nullable String algorithm;

    @Option(
            names = "--broadcast",
            paramLabel = "SELECTOR",
            description =
                    "Scopes to which the token grants broadcasting, such as 'topic:room/*' or '*'; may be repeated.")
    private List<String> broadcast = List.of();

    @Option(
            names = "--read",
            paramLabel = "SELECTOR",
            description = "Scopes whose private events the token grants reading; may be repeated.")
    private List<String> read = List.of();

    @Option(
            names = "--publish",
            paramLabel = "TOPIC",
            description =
                    "Topics to which the token grants publishing at the Mercure hub: a topic, a URI template or '*'; may be "
                            + "repeated.")
    private List<String> publish = List.of();

    @Option(
            names = "--subscribe",
            paramLabel = "TOPIC",
            description = "Topics whose private updates the token grants at the Mercure hub; may be repeated.")
    private List<String> subscribe = List.of();

    @Option(names = "--user", paramLabel = "USER", description = "User of the token, whose scope is user:USER.")
    private @Nullable String user;

    @Option(names = "--tenant", paramLabel = "TENANT", description = "Tenant of the token. Default: default.")
    private @Nullable String tenant;

    @Option(
            names = "--expires",
            paramLabel = "DURATION",
            description = "Time until the token expires, such as 30m or 24h. Default: 1h.")
    private @Nullable String expires;

    @Option(
            names = "--check",
            paramLabel = "TOKEN",
            description =
                    "Explains this token instead: its algorithm, times and grants, whether a node with the key accepts it, and what to "
                            + "do if not. '-' reads it from standard input, so that it is not visible in the list of processes. Exit "
                            + "status 1: a node refuses it.")
    private @Nullable String check;

    @Option(
            names = "--jwt-issuer",
            paramLabel = "ISSUER",
            description = "With --check: the issuer that the nodes require.")
    private @Nullable String issuer;

    @Option(
            names = "--jwt-audience",
            paramLabel = "AUDIENCE",
            description = "With --check: the audience that the nodes require.")
    private @Nullable String audience;

    private TokenCommand(Console console) {
        this.console = console;
    }

    static CommandSpec spec(Console console) {
        return CommandSpec.forAnnotatedObject(new TokenCommand(console));
    }

    @Override
    public Integer call() throws IOException {
        String checked = check;
        if (checked != null) {
            return check(checked);
        }
        if (issuer != null || audience != null) {
            throw CommandException.misused("--jwt-issuer and --jwt-audience need --check");
        }
        Duration duration = Settings.of(List.of(EXPIRES), expires == null ? Map.of() : Map.of(EXPIRES.name(), expires))
                .get(EXPIRES);
        Tokens.Claims claims;
        try {
            claims = new Tokens.Claims(
                    Optional.ofNullable(user).map(name -> Scope.user(name).name()),
                    Optional.ofNullable(tenant).map(Tenant::ofToken),
                    broadcast.stream().map(Selector::new).toList(),
                    read.stream().map(Selector::new).toList(),
                    new Tokens.Mercure(publish, subscribe));
        } catch (CarillonException e) {
            throw CommandException.misused(String.valueOf(e.getMessage()));
        }
        console.out().println(tokens().make(claims, duration));
        return ExitCode.OK;
    }

    private int check(String given) throws IOException {
        if (!broadcast.isEmpty()
                || !read.isEmpty()
                || !publish.isEmpty()
                || !subscribe.isEmpty()
                || user != null
                || tenant != null
                || expires != null) {
            throw CommandException.misused("--check explains a token, and makes none: give it no grants");
        }
        String token =
                given.equals("-") ? new String(console.in().readNBytes(MAX_INPUT), StandardCharsets.US_ASCII) : given;
        JwtConfig config = JwtConfig.of(algorithm(), key(), false)
                .requiring(new RequiredClaims(Optional.ofNullable(issuer), Optional.ofNullable(audience)));
        TokenCheck.Result result = TokenCheck.of(token, config, algorithm(), Platform.system());
        result.lines().forEach(console.out()::println);
        return result.accepted() ? ExitCode.OK : ExitCode.FAILED;
    }

    private String algorithm() {
        return given(algorithm, NodeKeys.JWT_ALG).orElse("HS256");
    }

    private Tokens tokens() {
        String chosen = algorithm();
        if (!chosen.matches("HS(256|384|512)")) {
            throw new ConfigException(
                    NodeKeys.JWT_ALG.name(),
                    chosen,
                    "must be HS256, HS384 or HS512: other algorithms need a private key");
        }
        return Tokens.of(JwtConfig.of(chosen, key(), false)).orElseThrow();
    }

    /** A flag overrides a variable. */
    private String key() {
        if (key != null && keyFile != null) {
            throw new ConfigException(NodeKeys.JWT_KEY_FILE.name(), keyFile, "must not be given beside jwt-key");
        }
        if (key != null) {
            return key;
        }
        if (keyFile != null) {
            return KeyText.read(NodeKeys.JWT_KEY_FILE, keyFile);
        }
        return given(null, NodeKeys.JWT_KEY)
                .or(() -> given(null, NodeKeys.JWT_KEY_FILE).map(file -> KeyText.read(NodeKeys.JWT_KEY_FILE, file)))
                .orElseThrow(() -> new ConfigException(
                        NodeKeys.JWT_KEY.name(),
                        "(none)",
                        "must be given (or --jwt-key-file, or " + NodeKeys.JWT_KEY.variable()
                                + "): the key of the nodes"));
    }

    private Optional<String> given(@Nullable String flag, Key<?> key) {
        return Optional.ofNullable(flag)
                .or(() -> Optional.ofNullable(console.variables().get(key.variable())))
                .filter(value -> !value.isEmpty());
    }
}
