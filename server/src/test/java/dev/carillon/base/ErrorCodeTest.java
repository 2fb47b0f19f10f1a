package dev.carillon.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ErrorCodeTest {
    private static final Path PAGE = Path.of("../docs/application.md");
    private static final Pattern ROW = Pattern.compile("\\| `([a-z-]+)` \\| [1-5]\\d\\d \\|.*");

    @Test
    void every_code_is_in_the_table_of_errors_and_the_table_has_no_other() throws IOException {
        List<String> documented = Files.readString(PAGE)
                .transform(page -> page.substring(page.indexOf("\n## Errors\n")))
                .lines()
                .map(ROW::matcher)
                .filter(row -> row.matches())
                .map(row -> row.group(1))
                .toList();

        assertThat(documented)
                .containsExactlyInAnyOrderElementsOf(
                        Arrays.stream(ErrorCode.values()).map(ErrorCode::code).toList());
    }
}
