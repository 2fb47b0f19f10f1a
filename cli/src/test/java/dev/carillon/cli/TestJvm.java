package dev.carillon.cli;

import dev.carillon.process.ChildProcess;
import dev.carillon.testkit.Patience;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The JVM of commands that tests start as processes. Its classes come from a cache (AOT cache) that the first test makes: without it, loading classes
 * is most of the processor time of these tests. Unit tests run before the jars are made, and without the cache.
 */
final class TestJvm {
    private static final Path TARGET = Path.of("target");
    private static final List<String> OPTIONS = List.of(
            "-XX:+UseCompactObjectHeaders",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            // Else that of another module's tests.
            "-Dlogback.configurationFile=logback.xml");

    /** Options and class path, up to the main class. */
    private static final List<String> COMMAND = command();

    private TestJvm() {}

    /** The begin of a command line; the main class follows. */
    static List<String> commandLine() {
        return COMMAND;
    }

    private static List<String> command() {
        String all = System.getProperty("java.class.path");
        List<String> jars = Arrays.stream(all.split(File.pathSeparator))
                .filter(entry -> entry.endsWith(".jar"))
                .toList();
        if (jars.stream().noneMatch(jar -> Path.of(jar).getFileName().toString().startsWith("carillon-cli-"))) {
            return command(List.of(), all);
        }
        String path = String.join(File.pathSeparator, jars);
        try {
            return command(List.of("-XX:AOTCache=" + cache(jars, path).toAbsolutePath(), "-Xlog:aot=off"), path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> command(List<String> more, String path) {
        List<String> command = new ArrayList<>();
        command.add(ChildProcess.jdk("java"));
        command.addAll(OPTIONS);
        command.addAll(more);
        command.addAll(List.of("-cp", path));
        return List.copyOf(command);
    }

    /** Made once for the same jars, although tests run in several processes. */
    private static Path cache(List<String> jars, String path) throws IOException {
        String content = jars.stream()
                .map(jar -> jar + " " + new File(jar).lastModified())
                .collect(Collectors.joining("\n"));
        Path cache = TARGET.resolve("tests-" + Integer.toHexString(content.hashCode()) + ".aot");
        try (FileChannel lock = FileChannel.open(
                        TARGET.resolve("tests.aot.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock _ = lock.lock()) {
            if (!Files.exists(cache)) {
                List<String> command = new ArrayList<>(command(List.of("-XX:AOTCacheOutput=" + cache), path));
                command.addAll(List.of(
                        Main.class.getName(),
                        "serve",
                        "--mode=development",
                        "--port=0",
                        "--admin-port=0",
                        "--internal-port=0",
                        "--stop-with-stdin"));
                ChildProcess.Ended made = ChildProcess.of(command)
                        .environment(environment ->
                                environment.put("CARILLON_JWT_KEY", "a key of a node without any client"))
                        .run(Patience.LIMIT);
                if (!Files.exists(cache)) {
                    throw new AssertionError("no cache was made: " + made.out() + made.err());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
        return cache;
    }
}
