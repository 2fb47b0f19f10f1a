package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.carillon.process.ChildProcess;
import dev.carillon.testkit.Patience;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The programs of {@code examples/snippets}, which {@code docs/snippets.md} shows. */
class SnippetsTest {
    private static final Path PAGE = Path.of("../docs/snippets.md");
    private static final String BEGIN =
            "<!-- The rest of the page is written by SnippetsTest with -Dcarillon.snippets.write=true. -->\n";

    @Test
    void page_shows_the_files() throws IOException {
        String page = Files.readString(PAGE);
        int begin = page.indexOf(BEGIN) + BEGIN.length();
        assertThat(begin).isGreaterThan(BEGIN.length());
        if (Boolean.getBoolean("carillon.snippets.write")) {
            Files.writeString(PAGE, page.substring(0, begin) + blocks());
        }

        assertThat(Files.readString(PAGE).substring(begin)).isEqualTo(blocks());
    }

    @Test
    void page_has_the_command_of_each_program() throws IOException {
        String page = Files.readString(PAGE);
        for (SnippetLanguage language : SnippetLanguage.values()) {
            for (String name : SnippetLanguage.PROGRAMS) {
                assertThat(page).contains("| `" + language.shown(name) + " ");
            }
        }
    }

    private static String blocks() throws IOException {
        StringBuilder blocks = new StringBuilder();
        for (SnippetLanguage language : SnippetLanguage.values()) {
            blocks.append("\n## ").append(language.title()).append('\n');
            for (String name : SnippetLanguage.PROGRAMS) {
                Path file = language.file(name);
                blocks.append("\n[")
                        .append(file.getFileName())
                        .append("](")
                        .append(file)
                        .append("):\n\n```")
                        .append(language.block())
                        .append('\n')
                        .append(Files.readString(file))
                        .append("```\n");
            }
        }
        return blocks.toString();
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "JAVA")
    void each_program_is_valid_in_its_language(SnippetLanguage language) throws Exception {
        assumeThat(language.executable()).as(language.title()).isPresent();
        for (String name : SnippetLanguage.PROGRAMS) {
            ChildProcess.Ended ended =
                    ChildProcess.of(language.parseCommand(name)).run(Patience.LIMIT);

            assertThat(ended.status()).as(ended.out() + ended.err()).isZero();
            assertThat(ended.err()).isEmpty();
        }
    }

    @Test
    void java_programs_compile_without_a_warning(@TempDir Path folder) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            for (String name : SnippetLanguage.PROGRAMS) {
                StringWriter out = new StringWriter();
                boolean valid = compiler.getTask(
                                out,
                                files,
                                null,
                                List.of(
                                        "--release",
                                        "17",
                                        "-Xlint:all,-options",
                                        "-proc:none",
                                        "-d",
                                        folder.toString()),
                                null,
                                files.getJavaFileObjects(SnippetLanguage.JAVA.file(name)))
                        .call();

                assertThat(valid).as(out.toString()).isTrue();
                assertThat(out.toString()).isEmpty();
            }
        }
    }
}
