package dev.carillon.cli;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ConfigException;
import dev.carillon.base.Key;
import dev.carillon.base.Settings;
import dev.carillon.node.NodeKeys;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Selector;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** {@code token}: makes a token. */
@Command(
        name = "token",
        description = "Makes a token, signed with HS256, and prints it.",
        sortOptions = false,
        footer = {
            "",
            "Example: a token by which a server may broadcast to all rooms, good for a day",
            "  ./carillon token --jwt-key-file jwt.key --broadcast 'topic:room/*' --expires 24h"
        })
final class TokenCommand implements Callable<Integer> {
    private static final Key EXPIRES = Key.of("expires", "DURATION", "1h", "How long the token is good.");
    private static final Duration EXPIRES_MAX = Duration.ofDays(3650);

    private final Console console;

    @Option(
            names = "--jwt-key",
            paramLabel = "KEY",
            description = "Key of the cluster, at least 32 bytes. Variable: CARILLON_JWT_KEY, which, other than a flag, "
                    + "does not show in the list of processes.")
    private @Nullable String key;

    @Option(
            names = "--jwt-key-file",
            paramLabel = "FILE",
            description = "File that holds the key. Variable: CARILLON_JWT_KEY_FILE.")
    private @Nullable String keyFile;

    @Option(
            names = "--broadcast",
            paramLabel = "SELECTOR",
            description = "Scopes to which the bearer may broadcast, as in 'topic:room/*' or '*'; may be repeated.")
    private List<String> broadcast = List.of();

    @Option(
            names = "--read",
            paramLabel = "SELECTOR",
            description = "Scopes whose private events the bearer may read; may be repeated.")
    private List<String> read = List.of();

    @Option(names = "--user", paramLabel = "USER", description = "Who the bearer is: the scope user:USER is theirs.")
    private @Nullable String user;

    @Option(names = "--tenant", paramLabel = "TENANT", description = "Tenant of the bearer. Default: default.")
    private @Nullable String tenant;

    @Option(
            names = "--expires",
            paramLabel = "DURATION",
            description = "How long the token is good, as in 30m or 24h. Default: 1h.")
    private @Nullable String expires;

    private TokenCommand(Console console) {
        this.console = console;
    }

    static CommandSpec spec(Console console) {
        return CommandSpec.forAnnotatedObject(new TokenCommand(console));
    }

    @Override
    public Integer call() {
        Duration duration = Settings.of(List.of(EXPIRES), expires == null ? Map.of() : Map.of(EXPIRES.name(), expires))
                .duration(EXPIRES, Duration.ofSeconds(1), EXPIRES_MAX);
        JwtKey.Claims claims;
        try {
            claims = new JwtKey.Claims(
                    Optional.ofNullable(user).map(name -> Scope.user(name).name()),
                    Optional.ofNullable(tenant).map(Tenant::ofToken),
                    broadcast.stream().map(Selector::new).toList(),
                    read.stream().map(Selector::new).toList());
        } catch (CarillonException e) {
            throw CommandException.misused(String.valueOf(e.getMessage()));
        }
        console.out().println(key().token(claims, Instant.now(), duration));
        return Main.OK;
    }

    /** Flags win over variables. */
    private JwtKey key() {
        Map<String, String> variables = console.variables();
        return JwtKey.of(Optional.ofNullable(key), Optional.ofNullable(keyFile))
                .or(() -> JwtKey.of(
                        Optional.ofNullable(variables.get(NodeKeys.JWT_KEY.variable())),
                        Optional.ofNullable(variables.get(NodeKeys.JWT_KEY_FILE.variable()))))
                .orElseThrow(() -> new ConfigException(
                        NodeKeys.JWT_KEY.name(),
                        "(none)",
                        "must be given, by --jwt-key, --jwt-key-file or " + NodeKeys.JWT_KEY.variable()));
    }
}
