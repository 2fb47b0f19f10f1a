package dev.carillon.testkit;

import dev.carillon.process.ChildProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Runs a target of Jazzer in a process of its own, with all that is counted: it makes inputs, each from those that reached something new.
 * The module has Jazzer among the dependencies of its tests, and perhaps inputs in {@code src/test/resources/fuzz/TARGET}: those that
 * found something once, or lead far; they are only read.
 */
public final class Fuzzing {
    /** Much longer than it takes: counting what is reached makes the start slow. */
    private static final Duration LIMIT = Duration.ofMinutes(15);

    /** Inputs to begin with, long enough for a whole request. */
    private static final int SEEDS = 200;

    private static final Pattern PROGRESS =
            Pattern.compile("INFO: |#\\d+\\s|OpenJDK 64-Bit Server VM warning|\\s+(NEW_FUNC|CMP:)");

    private static final boolean FULL = Boolean.getBoolean("carillon.full");

    private Fuzzing() {}

    /**
     * Five minutes with the large numbers, else a number of inputs: in a time, a busy machine gets nowhere.
     *
     * @param dir for what it writes; empty
     * @return what the target printed, the end of it where that is much
     * @throws AssertionError with that, when it found something
     */
    public static String run(Class<?> target, int inputs, Path dir) throws IOException, InterruptedException {
        Path corpus = Path.of("src", "test", "resources", "fuzz", target.getSimpleName());
        List<String> command = new ArrayList<>(List.of(
                ChildProcess.jdk("java"),
                "-XX:+UseCompactObjectHeaders",
                "-XX:+EnableDynamicAgentLoading",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Xmx768m",
                // A few thousand inputs are too few for the slower compiler to pay.
                FULL ? "-XX:TieredStopAtLevel=4" : "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + target.getName(),
                "--instrumentation_includes=dev.carillon.**",
                "--custom_hook_includes=dev.carillon.**",
                // That a target asks a node is no attack.
                "--disabled_hooks=com.code_intelligence.jazzer.sanitizers.ServerSideRequestForgery",
                "--reproducer_path=" + dir,
                "-artifact_prefix=" + dir + "/",
                FULL ? "-max_total_time=300" : "-runs=" + inputs,
                // A small number of inputs is the same each time, and so is what they reach; only many are chosen anew.
                FULL ? "-seed=0" : "-seed=6",
                "-timeout=60",
                "-max_len=1000",
                "-len_control=0",
                "-rss_limit_mb=0",
                "-print_final_stats=1",
                seeds(dir).toString()));
        if (Files.isDirectory(corpus)) {
            command.add(corpus.toAbsolutePath().toString());
        }
        ChildProcess process = ChildProcess.of(command)
                // It leaves files where it runs.
                .directory(dir)
                .merged()
                .start();
        try (process) {
            OptionalInt status = process.awaitExit(LIMIT);
            String text = process.text();
            if (status.isEmpty() || status.getAsInt() != 0) {
                throw new AssertionError((status.isEmpty() ? "did not end: " : "found: ") + withoutProgress(text));
            }
            return text;
        }
    }

    /** The finding first: where output is cut, the lines about instrumentation would hide it. */
    private static String withoutProgress(String text) {
        return text.lines().filter(line -> !PROGRESS.matcher(line).lookingAt()).collect(Collectors.joining("\n"));
    }

    private static Path seeds(Path dir) throws IOException {
        Path inputs = Files.createDirectory(dir.resolve("inputs"));
        Random random = new Random(6);
        for (int i = 0; i < SEEDS; i++) {
            byte[] seed = new byte[20 + random.nextInt(300)];
            random.nextBytes(seed);
            Files.write(inputs.resolve("seed-" + i), seed);
        }
        return inputs;
    }
}
