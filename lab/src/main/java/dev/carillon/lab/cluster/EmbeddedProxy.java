package dev.carillon.lab.cluster;

import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The command {@code proxy} as a process. */
public final class EmbeddedProxy implements AutoCloseable {
    private static final Pattern READY = Pattern.compile("carillon: proxy serves https?://\\S+:(\\d+) .*");
    private static final Duration START = Duration.ofSeconds(60);

    private final ServiceProcess<Integer> process;
    private final int port;

    /**
     * Files of TLS.
     *
     * @param certificate PEM
     * @param key PKCS#8 PEM
     */
    public record TlsFiles(Path certificate, Path key) {}

    private EmbeddedProxy(ServiceProcess<Integer> process, int port) {
        this.process = process;
        this.port = port;
    }

    /**
     * Returns when it serves.
     *
     * @param tls of its clients; empty: none
     * @param log receives its output
     */
    public static EmbeddedProxy start(Commands commands, List<URI> nodes, Optional<TlsFiles> tls, PrintStream log) {
        List<String> command = new ArrayList<>(List.of(
                "proxy",
                Commands.STOP_WITH_STDIN,
                "--port",
                "0",
                "--max-requests",
                "200000",
                "--streams-per-address",
                "0"));
        nodes.forEach(node -> command.addAll(List.of("--node", node.toString())));
        tls.ifPresent(files -> command.addAll(List.of(
                "--tls-certificate",
                files.certificate().toString(),
                "--tls-key",
                files.key().toString())));
        ServiceProcess<Integer> process =
                commands.start("proxy", command, commands.withoutSettings(), EmbeddedProxy::port, log);
        try {
            return new EmbeddedProxy(process, process.awaitReady(START));
        } catch (RuntimeException e) {
            process.stop();
            throw e;
        }
    }

    private static Optional<Integer> port(String line) {
        Matcher matcher = READY.matcher(line);
        return matcher.matches() ? Optional.of(Integer.parseInt(matcher.group(1))) : Optional.empty();
    }

    public int port() {
        return port;
    }

    public long pid() {
        return process.pid();
    }

    @Override
    public void close() {
        process.stop();
    }
}
