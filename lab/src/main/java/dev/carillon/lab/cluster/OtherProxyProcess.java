package dev.carillon.lab.cluster;

import dev.carillon.lab.LabException;
import dev.carillon.process.ChildProcess;
import dev.carillon.process.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** A running proxy of another project, with a directory of its own. */
public final class OtherProxyProcess implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration STOP = Duration.ofSeconds(2);

    /** As Caddy, HAProxy, nginx and Traefik write it. */
    private static final Pattern TROUBLE = Pattern.compile(
            "\"level\":\"(warn|error)\"|\\[(ALERT|WARNING|crit|error)\\]|Server \\S+ is |\\b(WRN|ERR)\\b");

    private final String name;
    private final boolean tls;
    private final int port = ServerProcess.freePort();
    private final Path directory;
    private final ChildProcess process;

    /**
     * Returns when it serves.
     *
     * @throws LabException if it cannot be started
     */
    public OtherProxyProcess(OtherProxy proxy, List<URI> nodes) {
        this(proxy, nodes, line -> {});
    }

    /**
     * As {@link #OtherProxyProcess(OtherProxy, List)}.
     *
     * @param onTrouble receives each line of its output that reports a warning, an error or another state of a node
     */
    public OtherProxyProcess(OtherProxy proxy, List<URI> nodes, Consumer<String> onTrouble) {
        this.name = proxy.name();
        this.tls = proxy.tls();
        try {
            this.directory = Files.createTempDirectory("carillon-proxy-");
            // Workers may run as another user.
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
            this.process = ChildProcess.of(proxy.command(nodes, port, directory))
                    .directory(directory)
                    .merged()
                    .onOutput(line -> {
                        if (TROUBLE.matcher(line).find()) {
                            onTrouble.accept(line);
                        }
                    })
                    .environment(variables -> {
                        variables.put("HOME", directory.toString());
                        variables.put("XDG_DATA_HOME", directory.toString());
                        variables.put("XDG_CONFIG_HOME", directory.toString());
                        variables.putAll(proxy.variables());
                    })
                    .start();
        } catch (IOException e) {
            throw LabException.failed(name + " cannot be started: " + e.getMessage());
        }
        awaitReady();
    }

    public String name() {
        return name;
    }

    public int port() {
        return port;
    }

    /** Its processes: some proxies have workers. */
    public LongStream pids() {
        return LongStream.concat(
                LongStream.of(process.pid()), process.descendants().stream().mapToLong(ProcessHandle::pid));
    }

    private void awaitReady() {
        long end = System.nanoTime() + START.toNanos();
        while (!serves()) {
            if (!process.isAlive() || System.nanoTime() > end) {
                String output = process.text();
                close();
                throw LabException.failed(name + " does not serve: " + output.strip());
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }

    /** Some proxies listen before they have read their routes or checked their nodes. */
    private boolean serves() {
        if (tls) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return socket.isConnected();
            } catch (IOException e) {
                return false;
            }
        }
        try {
            HttpURLConnection request = (HttpURLConnection)
                    URI.create("http://127.0.0.1:" + port + "/_health").toURL().openConnection();
            return request.getResponseCode() == HttpURLConnection.HTTP_OK;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void close() {
        process.terminate();
        try (process) {
            OptionalInt _ = process.awaitExit(STOP);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
