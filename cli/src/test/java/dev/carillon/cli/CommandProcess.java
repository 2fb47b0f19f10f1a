package dev.carillon.cli;

import dev.carillon.lab.cluster.Commands;
import dev.carillon.process.ChildProcess;
import dev.carillon.testkit.Patience;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** A command as a process, with the class path of this one. */
final class CommandProcess implements AutoCloseable {
    private final List<String> out = Collections.synchronizedList(new ArrayList<>());
    private final List<String> err = Collections.synchronizedList(new ArrayList<>());
    private final ChildProcess process;
    /** Open once its standard error is to be read. */
    private final CountDownLatch readsErrors;

    private CommandProcess(ChildProcess.Builder builder, CountDownLatch readsErrors) throws IOException {
        this.readsErrors = readsErrors;
        process = builder.onOutput(out::add).onError(this::addError).start();
    }

    private void addError(String line) {
        try {
            readsErrors.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        err.add(line);
    }

    static CommandProcess start(Map<String, String> variables, String... args) {
        return start(variables, List.of(), new CountDownLatch(0), args);
    }

    /** Its standard error is not read until {@link #readErrors}. */
    static CommandProcess startUnread(Map<String, String> variables, String... args) {
        return start(variables, List.of(), new CountDownLatch(1), args);
    }

    /** With few file descriptors. */
    static CommandProcess startLimited(int descriptors, Map<String, String> variables, String... args) {
        return start(
                variables,
                List.of("sh", "-c", "ulimit -n " + descriptors + "; exec \"$@\"", "sh"),
                new CountDownLatch(0),
                args);
    }

    /** Started again, up to ten times, whenever it ends, as a supervisor would. */
    static CommandProcess startSupervised(Map<String, String> variables, String... args) {
        return start(
                variables,
                List.of("sh", "-c", "for run in 1 2 3 4 5 6 7 8 9 10; do \"$@\" || exit; done", "sh"),
                new CountDownLatch(0),
                args);
    }

    private static CommandProcess start(
            Map<String, String> variables, List<String> before, CountDownLatch readsErrors, String... args) {
        List<String> command = new ArrayList<>(before);
        command.addAll(TestJvm.commandLine());
        command.add(Main.class.getName());
        command.addAll(List.of(args));
        try {
            return new CommandProcess(
                    ChildProcess.of(command).environment(environment -> {
                        environment.keySet().removeIf(Commands::isSetting);
                        environment.putAll(variables);
                    }),
                    readsErrors);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for a line of its output. */
    MatchResult awaitLine(String pattern) {
        Pattern compiled = Pattern.compile(pattern);
        return Awaitility.await("a line " + pattern)
                .pollInterval(Duration.ofMillis(10))
                .until(
                        () -> lines(out).stream()
                                .flatMap(line -> compiled.matcher(line).results())
                                .findFirst()
                                .or(() -> {
                                    if (!process.isAlive() && process.outputEnded()) {
                                        throw new AssertionError("ended: " + lines(out) + lines(err));
                                    }
                                    return Optional.empty();
                                }),
                        Optional::isPresent)
                .orElseThrow();
    }

    void awaitErrLine(String pattern) {
        Awaitility.await("a line " + pattern)
                .pollInterval(Duration.ofMillis(10))
                .until(() -> lines(err).stream().anyMatch(line -> line.matches(pattern)));
    }

    void readErrors() {
        readsErrors.countDown();
    }

    List<String> out() {
        return lines(out);
    }

    List<String> err() {
        return lines(err);
    }

    /** Waits for its end, and for all it printed. */
    int status() {
        return status(Patience.LIMIT);
    }

    /** As above, for a command with its own time limit. */
    int status(Duration timeout) {
        try {
            return process.awaitExit(timeout)
                    .orElseThrow(() -> new AssertionError("still runs: " + lines(out) + lines(err)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** The processes that it started, and theirs. */
    List<ProcessHandle> descendants() {
        return process.descendants();
    }

    ProcessHandle handle() {
        return process.handle();
    }

    void closeInput() {
        process.closeInput();
    }

    /** Sends a signal such as {@code STOP}; returns whether it was delivered. */
    boolean signal(String signal) {
        return process.signal(signal);
    }

    /** SIGTERM. */
    void terminate() {
        process.terminate();
    }

    /** SIGKILL. */
    void kill() {
        process.kill();
    }

    /** At once: what happens at a signal is for those tests that send one. */
    @Override
    public void close() {
        readErrors();
        process.close();
    }

    private static List<String> lines(List<String> lines) {
        synchronized (lines) {
            return List.copyOf(lines);
        }
    }
}
