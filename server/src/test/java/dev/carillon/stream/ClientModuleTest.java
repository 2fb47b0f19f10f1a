package dev.carillon.stream;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.carillon.process.ChildProcess;
import dev.carillon.testkit.Patience;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The browser module {@code client-js/carillon.js}. */
class ClientModuleTest {
    private static final Path FOLDER = Path.of("../client-js");

    /** With a fake clock and network, in the program that {@code NODEJS} names. */
    @Test
    @Tag("process")
    void module_passes_its_own_tests() throws Exception {
        ChildProcess.Ended run = run(program(), "--test", "test/client.test.mjs", "test/outages.test.mjs");

        assertThat(run.status()).as(run.out() + run.err()).isZero();
    }

    @Test
    void package_has_the_version_of_the_build() throws IOException {
        String version =
                first("(?s).*?<artifactId>carillon-parent</artifactId>\\s*<version>([^<]+)<", Path.of("../pom.xml"));
        JsonNode npm =
                new ObjectMapper().readTree(FOLDER.resolve("package.json").toFile());

        assertThat(npm.path("version").asText()).isEqualTo(version);
        assertThat(first("(?s).*?export const version = '([^']+)'", FOLDER.resolve("carillon.js")))
                .isEqualTo(version);
        assertThat(npm.has("dependencies")).isFalse();
    }

    @Test
    void its_page_states_its_size() throws IOException {
        byte[] bytes = Files.readAllBytes(FOLDER.resolve("carillon.js"));
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
            gzip.write(bytes);
        }

        assertThat(Files.readString(Path.of("../docs/client-js.md")))
                .contains(kilobytes(bytes.length) + " kB, " + kilobytes(compressed.size()) + " kB compressed");
    }

    @Test
    @Tag("full")
    @Tag("process")
    void npm_packs_the_module_with_its_types() throws Exception {
        ChildProcess.Ended run = run("npm", "pack", "--dry-run", "--json");

        assertThat(run.status()).as(run.err()).isZero();
        List<String> files =
                new ObjectMapper().readTree(run.out()).path(0).path("files").findValuesAsText("path");
        assertThat(files).containsExactlyInAnyOrder("README.md", "carillon.d.ts", "carillon.js", "package.json");
    }

    private static long kilobytes(long bytes) {
        return Math.round(bytes / 1000.0);
    }

    private static String first(String pattern, Path file) throws IOException {
        Matcher matcher = Pattern.compile(pattern).matcher(Files.readString(file));
        assertThat(matcher.lookingAt()).as(pattern).isTrue();
        return matcher.group(1);
    }

    private static String program() {
        return Objects.requireNonNullElse(System.getenv("NODEJS"), "node");
    }

    private static ChildProcess.Ended run(String... command) throws Exception {
        return ChildProcess.of(command).directory(FOLDER).run(Patience.LIMIT);
    }
}
