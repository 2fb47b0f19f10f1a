package dev.carillon.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A redis-server with an append-only file. */
public final class RedisServer extends ServerProcess {
    /** A program with Redis's protocol. */
    public enum Program {
        REDIS("redis-server", "REDIS_SERVER", "install the package redis-server, 7.0 or newer, or run ./carillon test"),
        VALKEY("valkey-server", "VALKEY_SERVER", "run ./carillon test --full");

        private final String label;
        private final String variable;
        private final String advice;

        Program(String label, String variable, String advice) {
            this.label = label;
            this.variable = variable;
            this.advice = advice;
        }

        /** The one that the variable names, or the first on the PATH. */
        Optional<Path> find() {
            return ServerProcess.find(label, variable);
        }

        Path required() {
            return find().orElseThrow(() -> new IllegalStateException(label + " was not found: " + advice));
        }
    }

    private final List<String> options;
    private final boolean secure;

    /** @param options additional options, which override the default ones */
    public RedisServer(String... options) {
        this(Program.REDIS, Surroundings.PLAIN, options);
    }

    public RedisServer(Program program, String... options) {
        this(program, Surroundings.PLAIN, options);
    }

    public RedisServer(Program program, Surroundings surroundings, String... options) {
        this(program, surroundings, false, List.of(options));
    }

    private RedisServer(Program program, Surroundings surroundings, boolean secure, List<String> options) {
        this.options = options; // before super, which starts the server
        this.secure = secure;
        super(program.label, program.find(), program.advice, surroundings);
    }

    /** The program: the one that {@code REDIS_SERVER} names, or the first on the PATH. */
    public static Optional<Path> program() {
        return Program.REDIS.find();
    }

    /** A server whose data are on this disk. */
    public static RedisServer on(SmallDisk disk, String... options) {
        List<String> all = new ArrayList<>(List.of("--dir", disk.directory().toString()));
        all.addAll(List.of(options));
        return new RedisServer(Program.REDIS, disk, false, all);
    }

    /** A server that accepts only TLS connections, with these PEM files. */
    public static RedisServer secure(Path certificate, Path key) {
        return new RedisServer(Program.REDIS, Surroundings.PLAIN, true, tls(certificate, key, certificate));
    }

    /** @param authority signed the certificates of other servers */
    static List<String> tls(Path certificate, Path key, Path authority) {
        return List.of(
                "--tls-cert-file",
                certificate.toString(),
                "--tls-key-file",
                key.toString(),
                "--tls-ca-cert-file",
                authority.toString(),
                "--tls-auth-clients",
                "no");
    }

    /** Changes a setting while it runs. */
    public void configure(String name, String value) {
        try {
            Object _ = RedisProtocol.ask(port(), "CONFIG", "SET", name, value);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String scheme() {
        return secure ? "rediss" : "redis";
    }

    @Override
    List<String> arguments(Path data) {
        String port = Integer.toString(port());
        List<String> arguments = new ArrayList<>(List.of("--bind", "127.0.0.1", "--port", secure ? "0" : port));
        if (secure) {
            arguments.addAll(List.of("--tls-port", port));
        }
        arguments.addAll(List.of("--save", "", "--appendonly", "yes", "--dir", data.toString()));
        arguments.addAll(options);
        return arguments;
    }
}
