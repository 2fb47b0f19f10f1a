package dev.carillon.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The code of docs/spring.md is that of the application that the tests run, and its keys are those of the module. */
class SpringPageTest {
    private static final Path SHOP = Path.of("src/test/java/com/example/shop");

    @Test
    void code_of_the_page_is_that_of_the_application() throws IOException {
        String source = words(
                Files.readString(SHOP.resolve("OrderController.java")) + Files.readString(SHOP.resolve("Tokens.java")));

        List<String> blocks = found("(?s)```java\\n(.*?)```").stream()
                .map(SpringPageTest::words)
                .toList();

        assertThat(blocks).hasSize(2).allSatisfy(block -> assertThat(source).contains(block));
    }

    @Test
    void keys_of_the_page_are_those_of_the_module() throws IOException {
        String metadata = Files.readString(Path.of("target/classes/META-INF/spring-configuration-metadata.json"));
        List<String> keys = Pattern.compile(
                        "\"name\": \"(carillon\\.[a-z.-]+)\",\\s+\"type\": \"java.(?:lang|time|util)")
                .matcher(metadata)
                .results()
                .map(match -> match.group(1))
                .distinct()
                .toList();

        assertThat(keys).hasSizeGreaterThan(8);
        assertThat(found("`(carillon\\.[a-z.-]+)`")).containsAll(keys);
        assertThat(keys).containsAll(found("\\| `(carillon\\.[a-z.-]+)`"));
    }

    private static List<String> found(String pattern) throws IOException {
        return Pattern.compile(pattern)
                .matcher(Files.readString(Path.of("../docs/spring.md")))
                .results()
                .map(match -> match.group(1))
                .toList();
    }

    /** Without what the format of the source adds: indentation and line breaks. */
    private static String words(String code) {
        return code.replaceAll("\\s+", "");
    }
}
