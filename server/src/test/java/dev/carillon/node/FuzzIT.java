package dev.carillon.node;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.scope.TemplateFuzz;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Jazzer makes inputs for a while, each from those that reached something new; in a process of its own, with all that is counted. */
@Tag("process")
@Timeout(1_000)
class FuzzIT {
    /** A number where it is not for long: in a time, a busy machine gets nowhere. */
    private static final String LENGTH = Boolean.getBoolean("carillon.full") ? "-max_total_time=300" : "-runs=3000";

    /** Much longer than it takes: counting what is reached makes the start slow. */
    private static final int LIMIT_SECONDS = 900;

    /** Inputs to begin with, long enough for a whole request. */
    private static final int SEEDS = 200;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path dir;

    @Test
    void every_subscription_and_publication_is_answered_with_2xx_or_4xx_and_nothing_is_logged() throws Exception {
        String out = fuzz(HubFuzz.class);

        // It got through to where there is something to break.
        assertThat(out)
                .contains("GET 200=", "GET 400=", "GET 401=", "POST 200=", "POST 400=", "POST 401=", "POST 403=");
    }

    @Test
    void templates_match_the_same_however_they_are_looked_at_and_none_is_slow() throws Exception {
        fuzz(TemplateFuzz.class);
    }

    @Test
    void every_parser_of_what_comes_from_outside_throws_what_it_declares_alone() throws Exception {
        String out = fuzz(InputsFuzz.class);

        assertThat(out).contains("position=", "setting=");
    }

    /** Those that found something once, or lead far; only read. */
    private static Path corpus(Class<?> target) {
        return Path.of("src", "test", "resources", "fuzz", target.getSimpleName())
                .toAbsolutePath();
    }

    /** What it printed; fails where it found something. */
    private String fuzz(Class<?> target) throws IOException, InterruptedException {
        Path out = dir.resolve("out");
        Path inputs = Files.createDirectory(dir.resolve("inputs"));
        Random random = new Random(6);
        for (int i = 0; i < SEEDS; i++) {
            byte[] seed = new byte[20 + random.nextInt(300)];
            random.nextBytes(seed);
            Files.write(inputs.resolve("seed-" + i), seed);
        }
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseCompactObjectHeaders",
                        "-XX:+EnableDynamicAgentLoading",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-Xmx768m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "com.code_intelligence.jazzer.Jazzer",
                        "--target_class=" + target.getName(),
                        "--instrumentation_includes=dev.carillon.**",
                        "--custom_hook_includes=dev.carillon.**",
                        // That the target asks a node is no attack.
                        "--disabled_hooks=com.code_intelligence.jazzer.sanitizers.ServerSideRequestForgery",
                        "--reproducer_path=" + dir,
                        "-artifact_prefix=" + dir + "/",
                        LENGTH,
                        "-timeout=60",
                        "-max_len=1000",
                        "-len_control=0",
                        "-rss_limit_mb=0",
                        "-print_final_stats=1",
                        inputs.toString(),
                        corpus(target).toString()))
                // It leaves files where it runs.
                .directory(dir.toFile())
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        try {
            boolean ended = process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS);
            String text = Files.readString(out);
            assertThat(ended).as(text).isTrue();
            assertThat(process.exitValue()).as(text).isZero();
            return text;
        } finally {
            process.destroyForcibly();
        }
    }
}
