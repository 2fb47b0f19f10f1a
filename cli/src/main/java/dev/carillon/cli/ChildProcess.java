package dev.carillon.cli;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
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
 */
final class ChildProcess<T> {
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(15);
    private static final int MAX_HELD_BACK = 200;

    private final String id;
    private final Process process;
    private final PrintStream out;
    private final Function<String, Optional<T>> ready;
    private final CompletableFuture<T> serving = new CompletableFuture<>();

    private ChildProcess(String id, Process process, Function<String, Optional<T>> ready, PrintStream out) {
        this.id = id;
        this.process = process;
        this.ready = ready;
        this.out = out;
    }

    /**
     * Starts a command.
     *
     * @param ready finds in a line of its output that it serves, and where
     */
    static <T> ChildProcess<T> start(
            String id,
            List<String> arguments,
            Map<String, String> variables,
            Function<String, Optional<T>> ready,
            PrintStream out) {
        List<String> command = new ArrayList<>();
        command.add(System.getProperty("java.home") + File.separator + "bin" + File.separator + "java");
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                // A debugger's port can be opened once only.
                .filter(option -> !option.startsWith("-agentlib:jdwp"))
                .forEach(command::add);
        command.add(Main.class.getName());
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().putAll(variables);
        // By environment, so that a list of processes stays readable.
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        try {
            ChildProcess<T> child = new ChildProcess<>(id, builder.start(), ready, out);
            PipeReader.start("output-" + id, child::passOutput);
            return child;
        } catch (IOException e) {
            throw CommandException.failed(id + " cannot be started: " + e.getMessage());
        }
    }

    String id() {
        return id;
    }

    long pid() {
        return process.pid();
    }

    /** @throws CommandException with its own last line when it ended instead */
    T awaitServing(Duration timeout) {
        try {
            return serving.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof CommandException known ? known : CommandException.failed(String.valueOf(e));
        } catch (TimeoutException e) {
            throw CommandException.failed(id + " did not serve within " + timeout.toSeconds() + " s");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandException.failed("interrupted");
        }
    }

    void onExit(IntConsumer then) {
        Thread.ofVirtual().name("exit-" + id).start(() -> then.accept(status()));
    }

    void awaitExit() throws InterruptedException {
        process.waitFor();
    }

    /** Asks it to end by the end of its input: at a signal it would drain. */
    void askToStop() {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            // It has ended.
        }
    }

    /** Asks it to end, and makes it end when it does not. */
    void stop() {
        askToStop();
        try {
            if (!process.waitFor(STOP_TIMEOUT)) {
                kill();
            }
        } catch (InterruptedException e) {
            kill();
            Thread.currentThread().interrupt();
        }
    }

    void kill() {
        process.destroyForcibly();
    }

    private void passOutput() {
        Deque<String> heldBack = new ArrayDeque<>();
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (serving.isDone()) {
                    print(line);
                    continue;
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
        } catch (IOException e) {
            // Its end is seen below.
        }
        int status = status();
        String last = heldBack.isEmpty() ? "it said nothing, status " + status : heldBack.getLast();
        serving.completeExceptionally(CommandException.of(
                status == Main.MISUSED ? Main.MISUSED : Main.FAILED, last.replaceFirst("^carillon: ", "")));
    }

    /** Waits for its end. */
    private int status() {
        return process.onExit().join().exitValue();
    }

    private void print(String line) {
        out.println("[" + id + "] " + line);
    }
}
