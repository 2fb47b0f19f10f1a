package dev.carillon.cli;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.awaitility.core.ConditionTimeoutException;

/**
 * The languages of clients that other projects made, each with one program below {@code src/test/clients} that runs the client of a given name. {@code
 * ./carillon test} gets and builds them.
 */
enum ClientLanguage {
    GO(folder() + "/go-clients"),
    NODEJS(Objects.requireNonNullElse(System.getenv("NODEJS"), "/usr/bin/node"), source("nodejs/client.cjs")),
    PYTHON(folder() + "/python/bin/python", source("python/client.py")),
    JAVA(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            SseClientMain.class.getName()),
    RUST(folder() + "/rust-clients"),
    PHP(Objects.requireNonNullElse(System.getenv("PHP"), "/usr/bin/php"), source("php/client.php")),
    SHELL("/bin/sh", source("sh/client.sh"));

    private static final Duration BUILD = Duration.ofMinutes(10);

    @SuppressWarnings("ImmutableEnumChecker") // List.of
    private final List<String> command;

    ClientLanguage(String... command) {
        this.command = List.of(command);
    }

    private static String source(String name) {
        return Path.of("src/test/clients", name).toString();
    }

    /** Directory of the built client programs. */
    static Path folder() {
        return Path.of(Objects.requireNonNullElse(System.getenv("CLIENTS"), "../.cache/clients"))
                .toAbsolutePath()
                .normalize();
    }

    /** Whether its program is on this machine. Waits while the programs are being built; after {@link #BUILD} it is not. */
    boolean isThere() {
        try {
            await("the programs of clients are built").atMost(BUILD).until(() -> !isBuilding());
        } catch (ConditionTimeoutException e) {
            return false;
        }
        return Files.isExecutable(Path.of(command.getFirst()));
    }

    private static boolean isBuilding() throws IOException {
        try {
            String process = Files.readString(folder().resolve("building")).strip();
            return ProcessHandle.of(Long.parseLong(process))
                    .filter(ProcessHandle::isAlive)
                    .isPresent();
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /** @param arguments the name of the client, and what it needs */
    List<String> command(String... arguments) {
        List<String> all = new ArrayList<>(command);
        all.addAll(List.of(arguments));
        return all;
    }
}
