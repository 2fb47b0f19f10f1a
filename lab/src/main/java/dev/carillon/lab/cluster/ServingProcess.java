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
 * A command that serves, as a child process: this Java, these options, this class path. It ends when this process ends, however that happens,
 * as its standard input does then.
 *
 * <p>What it prints is held back until it serves, so that a start that fails ends in one line; later each line follows
 * {@code [id]}.
 *
 * @param <T> where it serves
 */
public final class ServingProcess<T> {
    /** Exit status of a command that was wrong. */
    public static final int MISUSED = 2;

    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(15);
    private static final int MAX_HELD_BACK = 200;

    private final String id;
    private final ChildProcess process;
    private final CompletableFuture<T> serving;

    private ServingProcess(String id, ChildProcess process, CompletableFuture<T> serving) {
        this.id = id;
        this.process = process;
        this.serving = serving;
    }

    /** As {@link Commands#start}. */
    static <T> ServingProcess<T> start(
            String id,
            String main,
            List<String> arguments,
            Map<String, String> variables,
            Function<String, Optional<T>> ready,
            PrintStream out) {
        List<String> command = new ArrayList<>();
        command.add(ChildProcess.jdk("java"));
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                // A debugger's port can be opened once only.
                .filter(option -> !option.startsWith("-agentlib:jdwp"))
                .forEach(command::add);
        command.add(main);
        command.addAll(arguments);
        Lines<T> lines = new Lines<>(id, ready, out);
        try {
            ChildProcess process = ChildProcess.of(command)
                    .merged()
                    .endsWithInput()
                    .environment(environment -> {
                        environment.clear();
                        environment.putAll(variables);
                        // By environment, so that a list of processes stays readable.
                        environment.put("CLASSPATH", System.getProperty("java.class.path"));
                    })
                    .onOutput(lines::take)
                    .start();
            process.onExit(lines::end);
            return new ServingProcess<>(id, process, lines.serving);
        } catch (IOException e) {
            throw LabException.failed(id + " cannot be started: " + e.getMessage());
        }
    }

    /** What a process prints; taken on the thread that reads it. */
    private static final class Lines<T> {
        private final String id;
        private final Function<String, Optional<T>> ready;
        private final PrintStream out;
        private final Deque<String> heldBack = new ArrayDeque<>();
        private final CompletableFuture<T> serving = new CompletableFuture<>();

        Lines(String id, Function<String, Optional<T>> ready, PrintStream out) {
            this.id = id;
            this.ready = ready;
            this.out = out;
        }

        synchronized void take(String line) {
            if (serving.isDone()) {
                print(line);
                return;
            }
            heldBack.add(line);
            if (heldBack.size() > MAX_HELD_BACK) {
                heldBack.removeFirst();
            }
            ready.apply(line).ifPresent(found -> {
                heldBack.forEach(this::print);
                serving.complete(found);
            });
        }

        /** After the last line. */
        synchronized void end(int status) {
            String last = heldBack.isEmpty() ? "it said nothing, status " + status : heldBack.getLast();
            String message = last.replaceFirst("^carillon: ", "");
            serving.completeExceptionally(
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

    /** @throws LabException with its own last line when it ended instead */
    public T awaitServing(Duration timeout) {
        try {
            return serving.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof LabException known ? known : LabException.failed(String.valueOf(e));
        } catch (TimeoutException e) {
            throw LabException.failed(id + " did not serve within " + timeout.toSeconds() + " s");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw LabException.failed("interrupted");
        }
    }

    /** Calls this with its status when it has ended. */
    public void onExit(IntConsumer then) {
        process.onExit(then);
    }

    public void awaitExit() throws InterruptedException {
        int _ = process.awaitExit();
    }

    /** Sends a signal, as in {@code STOP}; answers whether it was taken. */
    public boolean signal(String signal) {
        return process.signal(signal);
    }

    /** Asks it to end by the end of its input: at a signal it would drain. */
    public void askToStop() {
        process.closeInput();
    }

    /** Asks it to end, and makes it end when it does not. */
    public void stop() {
        askToStop();
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
