package dev.carillon.process;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A redis-server with an append-only file. */
public final class RedisServer extends ServerProcess {
    private static final String NAME = "redis-server";
    private static final String VARIABLE = "REDIS_SERVER";
    private static final String SECURE = "--tls-port";

    private final List<String> options;

    /** @param options additional options, which override the default ones */
    public RedisServer(String... options) {
        this(
                List.of(options),
                NAME,
                VARIABLE,
                "install the package redis-server, 7.0 or newer, or run ./carillon test");
    }

    private RedisServer(List<String> options, String name, String variable, String advice) {
        this.options = options; // before super, which starts the server
        super(name, variable, advice);
    }

    /** A Valkey server, of the program that {@code VALKEY_SERVER} names, or the first {@code valkey-server} on the PATH. */
    public static RedisServer valkey() {
        return new RedisServer(List.of(), "valkey-server", "VALKEY_SERVER", "run ./carillon test --full");
    }

    /** The program: the one that {@value #VARIABLE} names, or the first on the PATH. */
    public static Optional<Path> program() {
        return find(NAME, VARIABLE);
    }

    /** A server that accepts only TLS connections, with these PEM files. */
    public static RedisServer secure(Path certificate, Path key) {
        return new RedisServer(
                SECURE,
                "--tls-cert-file",
                certificate.toString(),
                "--tls-key-file",
                key.toString(),
                "--tls-ca-cert-file",
                certificate.toString(),
                "--tls-auth-clients",
                "no");
    }

    @Override
    public String scheme() {
        return options.contains(SECURE) ? "rediss" : "redis";
    }

    @Override
    List<String> arguments(Path data) {
        List<String> arguments = new ArrayList<>(List.of(
                "--bind",
                "127.0.0.1",
                "--port",
                options.contains(SECURE) ? "0" : Integer.toString(port()),
                "--save",
                "",
                "--appendonly",
                "yes",
                "--dir",
                data.toString()));
        for (String option : options) {
            arguments.add(option);
            if (option.equals(SECURE)) {
                arguments.add(Integer.toString(port()));
            }
        }
        return arguments;
    }
}
