package dev.carillon.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A server program as a child process with a temporary data directory. The program is found by an environment variable or on the PATH; if it is
 * missing, the error says what to install.
 */
public abstract class ServerProcess implements TestServer {
    private static final int FIRST_PORT = 12_000;
    private static final int LAST_PORT = 20_000;
    private static final Set<Integer> RETURNED_PORTS = ConcurrentHashMap.newKeySet();
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(10);

    private final Surroundings surroundings;
    private final Path home;
    private final int port;
    private final Thread atExit = new Thread(this::end, "end-server");
    private volatile @Nullable ChildProcess process;
    private volatile Path program;

    ServerProcess(String name, String variable, String advice) {
        this(name, find(name, variable), advice);
    }

    /** @param found the program; empty: it is missing */
    ServerProcess(String name, Optional<Path> found, String advice) {
        this(name, found, advice, Surroundings.PLAIN);
    }

    ServerProcess(String name, Optional<Path> found, String advice, Surroundings surroundings) {
        this.program =
                found.orElseThrow(() -> new IllegalStateException(name + " was not found on the PATH: " + advice));
        this.surroundings = surroundings;
        try {
            this.home = Files.createTempDirectory("carillon-" + name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.port = freePort();
        Runtime.getRuntime().addShutdownHook(atExit);
        try {
            start();
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** The command line after the program. */
    abstract List<String> arguments(Path data);

    /** Changes the environment of the program. */
    void environment(Path data, Map<String, String> variables) {}

    /** Ends what the program has left running; called after each end of it. */
    void ended() {}

    /**
     * Returns a free loopback port, each only once. It is outside the ephemeral range, so that no outgoing connection can take it before a server
     * listens or while it restarts.
     */
    public static int freePort() {
        for (int tries = 0; tries < LAST_PORT - FIRST_PORT; tries++) {
            int free = ThreadLocalRandom.current().nextInt(FIRST_PORT, LAST_PORT);
            if (RETURNED_PORTS.add(free)) {
                try (ServerSocket socket = new ServerSocket(free, 1, InetAddress.getLoopbackAddress())) {
                    return socket.getLocalPort();
                } catch (IOException e) {
                    // The port is in use.
                }
            }
        }
        throw new IllegalStateException("no port from " + FIRST_PORT + " to " + LAST_PORT + " is free");
    }

    static Optional<Path> find(String name, String variable) {
        return find(name, variable, "");
    }

    /** @param first folders that are searched before those of the PATH, each followed by a colon */
    static Optional<Path> find(String name, String variable, String first) {
        String given = variable.isEmpty() ? null : System.getenv(variable);
        if (given != null) {
            return Optional.of(Path.of(given));
        }
        return Stream.of((first + System.getenv("PATH") + ":/usr/sbin:/usr/local/sbin").split(":"))
                .map(dir -> Path.of(dir, name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** Id of the running process. */
    public long pid() {
        ChildProcess p = process;
        if (p == null) {
            throw new IllegalStateException("the server does not run");
        }
        return p.pid();
    }

    @Override
    public int port() {
        return port;
    }

    @Override
    public void start() {
        ChildProcess started;
        try {
            Files.createDirectories(data());
            List<String> command = new ArrayList<>(surroundings.prefix());
            command.add(program.toString());
            command.addAll(arguments(data()));
            started = ChildProcess.of(command)
                    .environment(variables -> {
                        surroundings.environment(variables);
                        environment(data(), variables);
                    })
                    .merged()
                    .start();
            process = started;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        long end = System.nanoTime() + START_TIMEOUT.toNanos();
        while (!listens()) {
            if (System.nanoTime() > end) {
                kill();
                throw new IllegalStateException(
                        program + " did not listen within " + START_TIMEOUT.toSeconds() + " s: " + started.text());
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
        started.onExit(status -> exited(started, status));
    }

    /** The program of the next start: another release. */
    void use(Path next) {
        program = next;
    }

    /** Whether the process runs. */
    public boolean isAlive() {
        ChildProcess p = process;
        return p != null && p.isAlive();
    }

    /** Prints the output of a server that exited unexpectedly. */
    private void exited(ChildProcess p, int status) {
        if (p.equals(process) && !ChildProcess.isEnding()) {
            System.err.println(program + " exited unexpectedly with status " + status + ": " + p.text());
        }
    }

    @Override
    public void stop() {
        ChildProcess p = process;
        if (p != null) {
            process = null;
            p.terminate();
            waitFor(p);
            ended();
        }
    }

    /** Kills the server with SIGKILL. */
    public void kill() {
        ChildProcess p = process;
        if (p != null) {
            process = null;
            p.close();
            ended();
        }
    }

    @Override
    public void saveCopy() {
        stop();
        Path copy = home.resolve("copy");
        if (Files.exists(copy)) {
            delete(copy);
        }
        copy(data(), copy);
        start();
    }

    @Override
    public void restart(Data data) {
        switch (data) {
            case KEPT -> stop();
            case LOST -> {
                kill();
                delete(data());
            }
            case OLDER -> {
                kill();
                delete(data());
                copy(home.resolve("copy"), data());
            }
        }
        start();
    }

    @Override
    public void pause() {
        signal("STOP");
    }

    @Override
    public void resume() {
        signal("CONT");
    }

    @Override
    public void close() {
        try {
            // Otherwise the hook would keep every closed server reachable.
            boolean _ = Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            // The process is exiting: the hook does the same.
        }
        end();
    }

    private void end() {
        kill();
        if (Files.exists(home)) {
            delete(home);
        }
    }

    Path data() {
        return home.resolve("data");
    }

    private boolean listens() {
        ChildProcess p = process;
        if (p == null || !p.isAlive()) {
            throw new IllegalStateException(program + " ended: " + (p == null ? "it was stopped" : textOf(p)));
        }
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 200);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Complete output of a server that has exited. */
    private static String textOf(ChildProcess p) {
        waitFor(p);
        return p.text();
    }

    private void signal(String signal) {
        ChildProcess p = process;
        if (p == null) {
            throw new IllegalStateException("not running");
        }
        boolean _ = p.signal(signal);
    }

    private static void waitFor(ChildProcess p) {
        try {
            if (p.awaitExit(STOP_TIMEOUT).isEmpty()) {
                p.close();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    static void delete(Path dir) {
        try (Stream<Path> files = Files.walk(dir)) {
            files.sorted(Comparator.reverseOrder()).forEach(f -> f.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void copy(Path from, Path to) {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
