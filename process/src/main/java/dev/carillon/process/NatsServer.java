package dev.carillon.process;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A nats-server with JetStream on files. */
public final class NatsServer extends ServerProcess {
    private static final String NAME = "nats-server";
    private static final String VARIABLE = "NATS_SERVER";
    private static final String SECURE = "--tls";

    private final List<String> options;

    /** @param options additional options */
    public NatsServer(String... options) {
        this.options = List.of(options); // before super, which starts the server
        super(NAME, VARIABLE, "install nats-server 2.10 or newer, or run ./carillon test, which installs it");
    }

    /** The program: the one that {@value #VARIABLE} names, or the first on the PATH. */
    public static Optional<Path> program() {
        return find(NAME, VARIABLE);
    }

    /** A server that accepts only TLS connections, with these PEM files. */
    public static NatsServer secure(Path certificate, Path key) {
        return new NatsServer(SECURE, "--tlscert", certificate.toString(), "--tlskey", key.toString());
    }

    @Override
    public String scheme() {
        return options.contains(SECURE) ? "tls" : "nats";
    }

    @Override
    List<String> arguments(Path data) {
        List<String> arguments = new ArrayList<>(
                List.of("-a", "127.0.0.1", "-p", Integer.toString(port()), "-js", "-sd", data.toString()));
        arguments.addAll(options);
        return arguments;
    }
}
