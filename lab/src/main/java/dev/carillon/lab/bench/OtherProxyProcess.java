package dev.carillon.lab.bench;

import dev.carillon.lab.LabException;
import dev.carillon.process.ChildProcess;
import dev.carillon.process.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** A running proxy of another project. */
final class OtherProxyProcess implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration STOP = Duration.ofSeconds(2);

    private final String name;
    private final int port = ServerProcess.freePort();
    private final Path directory;
    private final ChildProcess process;

    OtherProxyProcess(OtherProxy proxy, URI node) {
        this.name = proxy.name();
        try {
            this.directory = Files.createTempDirectory("carillon-bench-" + name);
            // Workers may run as another user.
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
            this.process = ChildProcess.of(proxy.command(node, port, directory))
                    .directory(directory)
                    .merged()
                    .environment(variables -> {
                        variables.put("HOME", directory.toString());
                        variables.put("XDG_DATA_HOME", directory.toString());
                        variables.put("XDG_CONFIG_HOME", directory.toString());
                    })
                    .start();
        } catch (IOException e) {
            throw LabException.failed(name + " cannot be started: " + e.getMessage());
        }
        awaitReady();
    }

    String name() {
        return name;
    }

    int port() {
        return port;
    }

    /** Its processes: some proxies have workers. */
    LongStream pids() {
        return LongStream.concat(
                LongStream.of(process.pid()),
                process.descendants().stream().mapToLong(ProcessHandle::pid));
    }

    private void awaitReady() {
        long end = System.nanoTime() + START.toNanos();
        while (!listens()) {
            if (!process.isAlive() || System.nanoTime() > end) {
                String output = process.text();
                close();
                throw LabException.failed(name + " does not listen: " + output.strip());
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }

    private boolean listens() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
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
            files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
