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
import java.util.stream.Stream;

/**
 * Runs a Jazzer fuzz target in a process of its own. The module adds Jazzer to its test dependencies, and may have a corpus in
 * {@code src/test/resources/fuzz/TARGET}: inputs that found a bug or reach deep. The corpus is not changed.
 */
public final class Fuzzing {
    /** Far longer than a run takes; instrumentation makes the start slow. */
    private static final Duration LIMIT = Duration.ofMinutes(15);

    /** Number of random initial inputs of a long run. */
    private static final int SEEDS = 200;

    private static final Pattern PROGRESS =
            Pattern.compile("INFO: |Running: |Executed |#\\d+\\s|OpenJDK 64-Bit Server VM warning|\\s+(NEW_FUNC|CMP:)");

    private static final boolean FULL = Boolean.getBoolean("carillon.full");

    private Fuzzing() {}

    /**
     * Runs for five minutes in full tests, guided by coverage. Otherwise it tries the corpus and a number of random inputs, the same in each run and without
     * instrumentation: that takes longer than the inputs.
     *
     * @param dir empty working directory
     * @return end of the output of the target
     * @throws AssertionError with the output, if the target failed
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
                // The C2 compiler does not pay off for a few thousand inputs.
                FULL ? "-XX:TieredStopAtLevel=4" : "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + target.getName(),
                "--reproducer_path=" + dir,
                "-artifact_prefix=" + dir + "/",
                "-timeout=60",
                "-rss_limit_mb=0"));
        Path seeds = seeds(dir, FULL ? SEEDS : inputs);
        if (FULL) {
            command.addAll(guided());
            command.add(seeds.toString());
            if (Files.isDirectory(corpus)) {
                command.add(corpus.toAbsolutePath().toString());
            }
        } else {
            command.add("--hooks=false");
            command.addAll(files(seeds));
            if (Files.isDirectory(corpus)) {
                command.addAll(files(corpus));
            }
        }
        ChildProcess process = ChildProcess.of(command)
                // Jazzer writes files to its working directory.
                .directory(dir)
                .merged()
                .start();
        try (process) {
            OptionalInt status = process.awaitExit(LIMIT);
            String text = process.text();
            if (status.isEmpty() || status.getAsInt() != 0) {
                throw new AssertionError((status.isEmpty() ? "timed out: " : "failed: ") + withoutProgress(text));
            }
            return text;
        }
    }

    /** Removes progress lines, which would hide the finding where output is truncated. */
    private static String withoutProgress(String text) {
        return text.lines().filter(line -> !PROGRESS.matcher(line).lookingAt()).collect(Collectors.joining("\n"));
    }

    private static List<String> guided() {
        return List.of(
                "--instrumentation_includes=dev.carillon.**",
                "--custom_hook_includes=dev.carillon.**",
                // Targets connect to nodes on purpose.
                "--disabled_hooks=com.code_intelligence.jazzer.sanitizers.ServerSideRequestForgery",
                "-max_total_time=300",
                // A new seed each time.
                "-seed=0",
                "-max_len=1000",
                "-len_control=0",
                "-print_final_stats=1");
    }

    private static List<String> files(Path dir) throws IOException {
        try (Stream<Path> files = Files.list(dir)) {
            return files.map(file -> file.toAbsolutePath().toString()).sorted().toList();
        }
    }

    /** Random inputs, most of them long enough for a whole request. */
    private static Path seeds(Path dir, int count) throws IOException {
        Path inputs = Files.createDirectory(dir.resolve("inputs"));
        Random random = new Random(6);
        for (int i = 0; i < count; i++) {
            byte[] seed = new byte[20 + random.nextInt(300)];
            random.nextBytes(seed);
            Files.write(inputs.resolve("seed-" + i), seed);
        }
        return inputs;
    }
}
