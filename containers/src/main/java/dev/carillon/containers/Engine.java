package dev.carillon.containers;

import dev.carillon.process.ChildProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The command line of a container engine, {@code docker} or {@code podman}, for what Testcontainers does not do: building the product's image by the
 * documented command, and machines with systemd. The variable {@code CONTAINER_ENGINE} names the program.
 */
public final class Engine {
    private static final Duration LIMIT = Duration.ofMinutes(10);

    private final String program;

    private Engine(String program) {
        this.program = program;
    }

    /** @throws IllegalStateException if there is none; the message says what to install */
    public static Engine find() {
        String given = System.getenv("CONTAINER_ENGINE");
        if (given != null) {
            return new Engine(given);
        }
        return Stream.of("docker", "podman")
                .flatMap(name -> onPath(name).stream())
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(
                        "no container engine: install Docker or the package podman, or set CONTAINER_ENGINE"));
    }

    /** Podman, which runs machines with systemd. */
    public static Engine podman() {
        return onPath("podman")
                .orElseThrow(() -> new IllegalStateException("no podman on the PATH: install the package podman"));
    }

    private static Optional<Engine> onPath(String name) {
        return Stream.of(System.getenv("PATH").split(":"))
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .findFirst()
                .map(path -> new Engine(path.toString()));
    }

    public boolean isPodman() {
        return Path.of(program).endsWith("podman");
    }

    /**
     * Runs a command of the engine and returns its standard output, stripped.
     *
     * @throws IllegalStateException if it fails, with the end of its output
     */
    public String run(String... arguments) {
        ChildProcess.Ended ended = attempt(arguments);
        if (ended.status() != 0) {
            throw new IllegalStateException(program + " " + String.join(" ", arguments) + ": status " + ended.status()
                    + ": " + ended.out() + ended.err());
        }
        return ended.out().strip();
    }

    /** As {@link #run}, also if it fails. */
    public ChildProcess.Ended attempt(String... arguments) {
        List<String> command = new ArrayList<>(List.of(program));
        command.addAll(List.of(arguments));
        try {
            return ChildProcess.of(command).run(LIMIT);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
