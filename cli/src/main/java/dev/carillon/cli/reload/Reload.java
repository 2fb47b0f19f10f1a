package dev.carillon.cli.reload;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.cli.base.Variables;
import dev.carillon.node.Node;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replaces this process by a new one, with the same command but the files and settings of now: a changed configuration, or a newer release at the
 * same path. The new process listens on the same ports and receives all new connections as soon as it serves; then this one drains. If the new
 * process does not serve, this one continues. Thread-safe.
 *
 * <p>Who may do what: the signal handler and I/O threads call {@link #request}, which only starts a thread; that thread alone starts the new
 * process and drains the node. {@code node} is set once, before a request is possible.
 */
public final class Reload {
    private static final Path STATUS = Path.of("/proc/self/stat");
    private static final Path COMMAND = Path.of("/proc/self/cmdline");
    /** Position of the controlling terminal after the name of the program, which may contain blanks; proc(5). */
    private static final int TERMINAL_FIELD = 4;

    private static final Logger LOGGER = LoggerFactory.getLogger(Reload.class);

    private final List<String> arguments;
    private final Map<String, String> variables;
    private final Optional<String> obstacle;
    private final ServiceManager manager;
    private final AtomicReference<@Nullable Replacement> replacement = new AtomicReference<>();
    private volatile @Nullable Node node;
    private volatile boolean running;
    private volatile boolean succeeded;

    /**
     * @param arguments of the command, as given
     * @param obstacle why this process cannot be replaced; empty: it can
     */
    public Reload(
            List<String> arguments, Map<String, String> variables, Optional<String> obstacle, ServiceManager manager) {
        this.arguments = List.copyOf(arguments);
        this.variables = variables;
        this.obstacle = obstacle;
        this.manager = manager;
    }

    /** Allows requests. */
    public void allow(Node value) {
        node = value;
    }

    /**
     * Whether SIGHUP means that a terminal was closed: this process then has one. Without one, as under systemd, the signal is a request.
     */
    public static boolean hasTerminal() {
        try {
            String status = Files.readString(STATUS);
            List<String> fields = List.of(
                    status.substring(status.lastIndexOf(')') + 1).strip().split(" ", -1));
            return !fields.get(TERMINAL_FIELD).equals("0");
        } catch (IOException | RuntimeException e) {
            return true;
        }
    }

    /** As {@link #request}, for a signal: a reason for a refusal goes to the log. */
    public void requestBySignal() {
        try {
            request();
        } catch (CarillonException e) {
            LOGGER.atError().addKeyValue("reason", e.getMessage()).log("this process is not replaced");
        }
    }

    /**
     * Begins the replacement, and returns at once.
     *
     * @throws CarillonException with {@code reload-unavailable} when this process cannot be replaced, with the reason
     */
    public synchronized void request() {
        Node current = node;
        if (current == null || running) {
            throw unavailable(running ? "a reload is in progress" : "the node has not started yet");
        }
        if (obstacle.isPresent()) {
            throw unavailable(obstacle.get());
        }
        if (ProcessHandle.current().pid() == 1) {
            throw unavailable("this is the first process of a container, which ends with it; start another container");
        }
        if (!ListenSockets.isInstalled()) {
            throw unavailable("this JVM cannot share its ports");
        }
        running = true;
        Thread.ofPlatform().name("reload").start(() -> replace(current));
    }

    /** Ends a new process that does not serve yet, because this one is to stop. */
    public void cancel() {
        Replacement current = replacement.get();
        if (current != null) {
            current.stop();
        }
    }

    /** Whether another process has taken over. */
    public boolean hasSucceeded() {
        return succeeded;
    }

    private void replace(Node current) {
        LOGGER.atInfo().addKeyValue("node", current.id()).log("starting a process that replaces this one");
        current.expectReplacement(true);
        try {
            ListenSockets.shareOpen();
            try (Replacement next = Replacement.start(command())) {
                replacement.set(next);
                try {
                    next.awaitReady();
                } catch (IOException | InterruptedException e) {
                    next.stop();
                    throw e;
                } finally {
                    replacement.set(null);
                }
                succeeded = true;
                LOGGER.atInfo()
                        .addKeyValue("node", current.id())
                        .addKeyValue("process", next.pid())
                        .log("another process has taken over: draining");
                manager.replacedBy(next.pid());
            }
        } catch (IOException e) {
            if (!succeeded) {
                current.expectReplacement(false);
                LOGGER.atError()
                        .addKeyValue("node", current.id())
                        .addKeyValue("reason", Text.printable(String.valueOf(e.getMessage()), 200))
                        .log("the new process did not start: this one continues");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        handOver(current);
    }

    private void handOver(Node current) {
        try {
            if (succeeded) {
                current.handOver();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            running = false;
        }
    }

    /** The same command; by the start script, if there is one, which may belong to another release by now. */
    private List<String> command() throws IOException {
        String launcher = variables.getOrDefault(Variables.LAUNCHER, "");
        List<String> command = new ArrayList<>();
        if (launcher.isEmpty()) {
            String all = Files.readString(COMMAND);
            return List.of(all.substring(0, all.length() - 1).split("\0", -1));
        }
        command.add(launcher);
        command.addAll(arguments);
        return command;
    }

    private static CarillonException unavailable(String reason) {
        return new CarillonException(ErrorCode.RELOAD_UNAVAILABLE, reason);
    }
}
