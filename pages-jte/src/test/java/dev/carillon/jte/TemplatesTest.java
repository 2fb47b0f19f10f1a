package dev.carillon.jte;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gg.jte.TemplateException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TemplatesTest {
    private final Templates templates = Templates.precompiled(TemplatesTest.class);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    private static String greeting(Templates of, String name) {
        return of.render("greeting.jte", Map.of("name", name)).strip();
    }

    @Test
    void default_of_a_parameter_is_used_when_it_is_not_given() {
        assertThat(greeting(templates, "Ann")).isEqualTo("<p title=\"Ann\"><a href=\"Ann\">Hello Ann</a></p>");
        assertThat(templates.render("greeting.jte", Map.of("name", "Ann", "greeting", "Bye")))
                .contains("Bye Ann");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<script>alert(1)</script>",
                "\"><img src=x onerror=alert(1)>",
                "' onmouseover='alert(1)",
                "</a></p></template></turbo-stream><script>alert(1)</script>",
                "&lt;script&gt;"
            })
    void markup_in_a_parameter_is_text(String hostile) {
        String html = greeting(templates, hostile);

        assertThat(html).matches("<p title=\"[^\"<]+\"><a href=\"[^\"<]+\">Hello [^<]+</a></p>");
    }

    @Test
    void compiled_classes_of_a_directory_are_removed() throws Exception {
        Path compiled = CompiledClasses.directory();
        Path deep = Files.createDirectories(compiled.resolve("a/b"));
        Path _ = Files.writeString(deep.resolve("C.class"), "compiled");

        CompiledClasses.remove(compiled);

        assertThat(compiled).doesNotExist();
    }

    @Test
    void script_in_a_url_is_left_out() {
        assertThat(greeting(templates, "javascript:alert(1)")).contains("<a href=\"\">");
    }

    @Test
    void view_of_an_unknown_template_is_refused_when_it_is_declared() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> templates.view("greetings.jte", Map::of))
                .withMessage(
                        "template greetings.jte: is not in the compiled templates of package dev.carillon.jte.templates");
    }

    @Test
    void error_names_the_template_and_its_missing_parameter() {
        Supplier<String> view = templates.view("greeting.jte", Map::of);

        assertThatIllegalArgumentException()
                .isThrownBy(view::get)
                .withMessage("template greeting.jte: parameter \"name\" is missing");
    }

    @Test
    void error_names_the_template_and_its_unknown_parameter() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> templates.render("greeting.jte", Map.of("name", "Ann", "gretting", "Hi")))
                .withMessageContaining("template greeting.jte has no parameter \"gretting\"")
                .withMessageContaining("name")
                .withMessageContaining("greeting");
    }

    @Test
    void error_names_the_template_whose_parameter_is_of_another_type() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> templates.render("greeting.jte", Map.of("name", 7)))
                .withMessageContaining("template greeting.jte: a parameter is of another type")
                .withMessageContaining("java.lang.Integer");
    }

    @Test
    void error_of_a_template_names_its_line() {
        assertThatThrownBy(() -> templates.render("failing.jte", Map.of("list", List.of("one"))))
                .isInstanceOf(TemplateException.class)
                .hasMessageContaining("failing.jte:4");
    }

    @Test
    void template_of_a_directory_is_compiled_again_when_its_file_changes() throws Exception {
        Path file = directory.resolve("greeting.jte");
        Files.writeString(file, "@param String name\n<i>${name}</i>");
        Templates development = Templates.directory(directory, TemplatesTest.class);
        assertThat(greeting(development, "<Ann>")).isEqualTo("<i>&lt;Ann&gt;</i>");

        Files.writeString(file, "@param String name\n<b>${name}</b>");
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(60)));

        assertThat(greeting(development, "<Ann>")).isEqualTo("<b>&lt;Ann&gt;</b>");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> development.view("other.jte", Map::of))
                .withMessage("template other.jte: is not in directory " + directory);
        assertThatThrownBy(() -> Templates.directory(file, TemplatesTest.class))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("greeting.jte");
    }
}
