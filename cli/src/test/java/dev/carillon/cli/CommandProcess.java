package dev.carillon.cli;

import dev.carillon.testkit.Patience;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** A command as a process, with the class path of this one. */
final class CommandProcess implements AutoCloseable {
    private final Process process;
    private final List<String> out = new ArrayList<>();
    private final List<String> err = new ArrayList<>();
    private final Thread outReader;
    private final Thread errReader;

    private CommandProcess(Process process) {
        this.process = process;
        this.outReader = collect(process.inputReader(), out);
        this.errReader = collect(process.errorReader(), err);
    }

    static CommandProcess start(Map<String, String> variables, String... args) {
        return start(variables, List.of(), args);
    }

    /** With few file descriptors. */
    static CommandProcess startLimited(int descriptors, Map<String, String> variables, String... args) {
        return start(variables, List.of("sh", "-c", "ulimit -n " + descriptors + "; exec \"$@\"", "sh"), args);
    }

    private static CommandProcess start(Map<String, String> variables, List<String> before, String... args) {
        List<String> command = new ArrayList<>(before);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseCompactObjectHeaders",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                // Else that of another module's tests.
                "-Dlogback.configurationFile=logback.xml",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeIf(KeyOptions::isVariable);
        builder.environment().putAll(variables);
        try {
            return new CommandProcess(builder.start());
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
                                    if (!process.isAlive() && !outReader.isAlive()) {
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

    /** The same of one that may take so long. */
    int status(Duration timeout) {
        try {
            if (!process.waitFor(timeout)) {
                throw new AssertionError("still runs: " + lines(out) + lines(err));
            }
            outReader.join(Patience.LIMIT);
            errReader.join(Patience.LIMIT);
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** The processes that it started, and theirs. */
    List<ProcessHandle> descendants() {
        return process.descendants().toList();
    }

    ProcessHandle handle() {
        return process.toHandle();
    }

    void closeInput() {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** SIGTERM. */
    void terminate() {
        process.toHandle().destroy();
    }

    /** SIGKILL. */
    void kill() {
        process.destroyForcibly();
    }

    @Override
    public void close() {
        // At once: what happens at a signal is for those tests that send one.
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static List<String> lines(List<String> lines) {
        synchronized (lines) {
            return List.copyOf(lines);
        }
    }

    private static Thread collect(BufferedReader reader, List<String> lines) {
        return PipeReader.start("command-output", () -> {
            try (reader) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    synchronized (lines) {
                        lines.add(line);
                    }
                }
            } catch (IOException e) {
                // Its end.
            }
        });
    }
}
