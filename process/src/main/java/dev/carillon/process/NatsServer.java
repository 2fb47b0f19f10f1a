package dev.carillon.process;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A nats-server with JetStream on files. */
public final class NatsServer extends ServerProcess {
    /** A release. */
    public enum Release {
        /** The one that {@code NATS_SERVER} names, or the first on the PATH: the oldest supported one, or a newer one. */
        INSTALLED(
                "nats-server",
                "NATS_SERVER",
                "install nats-server 2.10 or newer, or run ./carillon test, which installs it"),
        CURRENT("nats-server-current", "NATS_SERVER_CURRENT", "run ./carillon test --full, which installs it");

        private final String label;
        private final String variable;
        private final String advice;

        Release(String label, String variable, String advice) {
            this.label = label;
            this.variable = variable;
            this.advice = advice;
        }

        private Optional<Path> find() {
            return ServerProcess.find(label, variable);
        }
    }

    private static final String SECURE = "--tls";

    private final List<String> options;

    /** @param options additional options */
    public NatsServer(String... options) {
        this(Release.INSTALLED, options);
    }

    public NatsServer(Release release, String... options) {
        this(release, Surroundings.PLAIN, List.of(options));
    }

    private NatsServer(Release release, Surroundings surroundings, List<String> options) {
        this.options = options; // before super, which starts the server
        super("nats-server", release.find(), release.advice, surroundings);
    }

    /** The program: the one that {@code NATS_SERVER} names, or the first on the PATH. */
    public static Optional<Path> program() {
        return Release.INSTALLED.find();
    }

    /** A server whose data are on this disk. */
    public static NatsServer on(SmallDisk disk) {
        return new NatsServer(
                Release.INSTALLED, disk, List.of("-sd", disk.directory().toString()));
    }

    /** A server that accepts only TLS connections, with these PEM files. */
    public static NatsServer secure(Path certificate, Path key) {
        return new NatsServer(SECURE, "--tlscert", certificate.toString(), "--tlskey", key.toString());
    }

    /** From its next start on it is of this release. */
    void use(Release release) {
        use(release.find().orElseThrow(() -> new IllegalStateException(release.advice)));
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
