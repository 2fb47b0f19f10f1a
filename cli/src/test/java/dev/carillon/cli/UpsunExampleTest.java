package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The form of the example for Upsun, which cannot be deployed by a test. */
class UpsunExampleTest {
    private static final Path FILE = Path.of("../examples/upsun/.upsun/config.yaml");

    @Test
    void streams_are_neither_cached_nor_buffered() throws IOException {
        List<String> lines = Files.readString(FILE).lines().toList();

        assertThat(block(lines, "  'https://{default}/.well-known/mercure':"))
                .containsSubsequence("    upstream: 'hub:http'", "    cache:", "      enabled: false");
        assertThat(block(lines, "  hub:"))
                .containsSubsequence("          request_buffering:", "            enabled: false");
    }

    @Test
    void file_has_the_form_of_the_platform() throws IOException {
        String text = Files.readString(FILE);
        List<String> lines = text.lines().toList();

        assertThat(text).doesNotContain("\t");
        assertThat(lines.stream().filter(line -> line.matches("[a-z].*"))).containsExactly("applications:", "routes:");
        assertThat(lines).allMatch(line -> line.isBlank() || line.indexOf(line.strip()) % 2 == 0);
        Pattern.compile("upstream: '([a-z]+):http'")
                .matcher(text)
                .results()
                .forEach(upstream -> assertThat(lines).contains("  " + upstream.group(1) + ":"));
    }

    /** The lines below a line that are indented more. */
    private static List<String> block(List<String> lines, String first) {
        int start = lines.indexOf(first);
        assertThat(start).as(first).isNotNegative();
        int indent = first.indexOf(first.strip());
        return lines.subList(start + 1, lines.size()).stream()
                .takeWhile(line -> line.isBlank() || line.indexOf(line.strip()) > indent)
                .toList();
    }
}
