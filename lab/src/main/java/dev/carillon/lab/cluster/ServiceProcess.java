package dev.carillon.lab.cluster;

import dev.carillon.lab.LabException;
import dev.carillon.process.ChildProcess;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.IntConsumer;

/**
 * A server command as a child process, with the Java, the JVM options and the class path of this process. It exits when this process ends for any
 * reason, because its standard input ends then.
 *
 * <p>Its output is buffered until it is ready, so that a failed start is one line; then each line is printed after {@code [id]}.
 *
 * @param <T> the addresses of the server
 */
public final class ServiceProcess<T> {
    /** Exit status of a command with invalid options. */
    public static final int MISUSED = 2;

    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(15);
    private static final int MAX_BUFFERED_LINES = 200;

    private final String id;
    private final ChildProcess process;
    private final CompletableFuture<T> address;

    private ServiceProcess(String id, ChildProcess process, CompletableFuture<T> address) {
        this.id = id;
        this.process = process;
        this.address = address;
    }

    /** See {@link Commands#start}. */
    static <T> ServiceProcess<T> start(
            String id,
            String main,
            List<String> arguments,
            Map<String, String> variables,
            Function<String, Optional<T>> ready,
            PrintStream out) {
        OutputLines<T> lines = new OutputLines<>(id, ready, out);
        try {
            ChildProcess process = command(main, arguments, variables)
                    .endsWithInput()
                    .onOutput(lines::add)
                    .start();
            process.onExit(lines::end);
            return new ServiceProcess<>(id, process, lines.address);
        } catch (IOException e) {
            throw LabException.failed(id + " cannot be started: " + e.getMessage());
        }
    }

    /** A command with the Java, the JVM options and the class path of this process; its output includes its errors. */
    static ChildProcess.Builder command(String main, List<String> arguments, Map<String, String> variables) {
        List<String> command = new ArrayList<>();
        command.add(ChildProcess.jdk("java"));
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                // Only one process can listen at the debugger's port.
                .filter(option -> !option.startsWith("-agentlib:jdwp"))
                .forEach(command::add);
        command.add(main);
        command.addAll(arguments);
        return ChildProcess.of(command).merged().environment(environment -> {
            environment.clear();
            environment.putAll(variables);
            // As a variable, so that the list of processes stays readable.
            environment.put("CLASSPATH", System.getProperty("java.class.path"));
        });
    }

    /** The output of a process. Lines are added on the thread that reads the output. */
    private static final class OutputLines<T> {
        private final String id;
        private final Function<String, Optional<T>> ready;
        private final PrintStream out;
        private final Deque<String> buffered = new ArrayDeque<>();
        private final CompletableFuture<T> address = new CompletableFuture<>();

        OutputLines(String id, Function<String, Optional<T>> ready, PrintStream out) {
            this.id = id;
            this.ready = ready;
            this.out = out;
        }

        synchronized void add(String line) {
            if (address.isDone()) {
                print(line);
                return;
            }
            buffered.add(line);
            if (buffered.size() > MAX_BUFFERED_LINES) {
                buffered.removeFirst();
            }
            ready.apply(line).ifPresent(found -> {
                buffered.forEach(this::print);
                address.complete(found);
            });
        }

        /** Called after the last line. */
        synchronized void end(int status) {
            String last = buffered.isEmpty() ? "no output, status " + status : buffered.getLast();
            String message = last.replaceFirst("^carillon: ", "");
            address.completeExceptionally(
                    status == MISUSED ? LabException.misused(message) : LabException.failed(message));
        }

        private void print(String line) {
            out.println("[" + id + "] " + line);
        }
    }

    public String id() {
        return id;
    }

    public long pid() {
        return process.pid();
    }

    /** @throws LabException if the process exits instead, with its last line, or is not ready within the timeout */
    public T awaitReady(Duration timeout) {
        try {
            return address.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof LabException known ? known : LabException.failed(String.valueOf(e));
        } catch (TimeoutException e) {
            throw LabException.failed(id + " was not ready within " + timeout.toSeconds() + " s");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw LabException.failed("interrupted");
        }
    }

    /** Calls an action with the exit status. */
    public void onExit(IntConsumer action) {
        process.onExit(action);
    }

    public void awaitExit() throws InterruptedException {
        int _ = process.awaitExit();
    }

    /** Sends a signal such as {@code STOP}; returns whether it was delivered. */
    public boolean signal(String signal) {
        return process.signal(signal);
    }

    /** Closes its input, at which it stops without a drain. */
    public void requestStop() {
        process.closeInput();
    }

    /** Requests a stop, and kills the process if it does not exit in time. */
    public void stop() {
        requestStop();
        try {
            if (process.awaitExit(STOP_TIMEOUT).isEmpty()) {
                kill();
            }
        } catch (InterruptedException e) {
            kill();
            Thread.currentThread().interrupt();
        }
    }

    public void kill() {
        process.kill();
    }
}
