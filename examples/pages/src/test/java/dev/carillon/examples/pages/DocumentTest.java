package dev.carillon.examples.pages;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class DocumentTest {
    @Test
    void document_shows_the_counter_as_it_is() throws IOException {
        String source = Files.readString(Path.of("src/main/java/dev/carillon/examples/pages/Counter.java"));
        String body = source.substring(source.indexOf("    static void page("), source.lastIndexOf('}'));

        assertThat(Files.readString(Path.of("../../docs/pages.md")))
                .contains(body.stripTrailing().stripIndent());
    }
}
