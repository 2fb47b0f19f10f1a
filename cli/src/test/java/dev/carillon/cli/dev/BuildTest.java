package dev.carillon.cli.dev;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.extension.Development.Problem;
import dev.carillon.jte.Templates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BuildTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path temporary;

    private int builds;

    private Build.Result build(SourceFolder sources) throws IOException {
        builds++;
        return Build.of(
                new Build.Input(sources.project(), IgnoredFiles.of(List.of()), List.of(), Optional.empty()),
                temporary.resolve("build-" + builds));
    }

    private SourceFolder shop() throws IOException {
        return SourceFolder.shop(temporary.resolve("shop"));
    }

    @Test
    void two_builds_have_classes_of_their_own() throws Exception {
        SourceFolder sources = shop();
        try (Build one = Objects.requireNonNull(build(sources).build());
                Build two =
                        Objects.requireNonNull(build(sources.greet("Goodbye")).build())) {
            Class<?> first = one.loader().loadClass("shop.Greeting");
            Class<?> second = two.loader().loadClass("shop.Greeting");

            assertThat(first).isNotSameAs(second);
            assertThat(first.getClassLoader()).isSameAs(one.loader());
            assertThat(one.application()).isNotNull();
        }
    }

    @Test
    void error_of_the_compiler_names_file_line_and_source_and_nothing_is_built() throws IOException {
        SourceFolder sources = shop();
        sources.save(
                "Greeting.java",
                "package shop;\n\nfinal class Greeting {\n    static final int TEXT = \"Hello\";\n}\n");

        Build.Result result = build(sources);

        assertThat(result.build()).isNull();
        assertThat(result.problems()).singleElement().satisfies(problem -> {
            assertThat(problem.file()).isEqualTo("Greeting.java");
            assertThat(problem.line()).isEqualTo(4);
            assertThat(problem.message()).contains("incompatible types");
            assertThat(problem.source()).contains("int TEXT = \"Hello\"");
        });
        assertThat(temporary.resolve("build-1")).doesNotExist();
    }

    @Test
    void error_of_a_template_names_its_line_and_the_running_templates_stay() throws Exception {
        SourceFolder sources = shop();
        try (Build build = Objects.requireNonNull(build(sources).build())) {
            Templates templates = Templates.precompiled(build.loader().loadClass("shop.Shop"));
            sources.save("jte/count.jte", "@param int count\n<b>${count.missing()}</b>\n");

            List<Problem> problems = build.takeTemplates();

            assertThat(problems).singleElement().satisfies(problem -> {
                assertThat(problem.file()).isEqualTo("jte/count.jte");
                assertThat(problem.line()).isEqualTo(2);
                assertThat(problem.source()).contains("missing()");
            });
            assertThat(templates.render("count.jte", Map.of("count", 3))).contains("<output>3");
            sources.save("jte/count.jte", "@param int count\n@if(count > 1)\n");
            assertThat(build.takeTemplates()).singleElement().satisfies(problem -> {
                assertThat(problem.file()).isEqualTo("jte/count.jte");
                assertThat(problem.message()).containsIgnoringCase("if");
            });
            sources.save("jte/count.jte", "@param int count\n<b>${count}</b>\n");
            assertThat(build.takeTemplates()).isEmpty();
            assertThat(templates.render("count.jte", Map.of("count", 3))).contains("<b>3");
        }
    }

    @Test
    void templates_are_compiled_once_for_each_save_and_these_are_rendered() throws Exception {
        SourceFolder sources = shop();
        try (Build build = Objects.requireNonNull(build(sources).build())) {
            Templates templates = Templates.precompiled(build.loader().loadClass("shop.Shop"));
            sources.save("jte/count.jte", "@param int count\n<b>${count} of 1</b>\n");

            assertThat(build.takeTemplates()).isEmpty();

            assertThat(templates.render("count.jte", Map.of("count", 2))).contains("<b>2 of 1");
            try (Stream<Path> compiled = Files.walk(temporary)) {
                assertThat(compiled.filter(path -> path.endsWith("JtecountGenerated.class")))
                        .as("of the build, and of the save")
                        .hasSize(2);
            }
        }
    }

    @Test
    void a_class_that_was_removed_is_not_taken_from_the_build_before() throws IOException {
        SourceFolder sources = shop();
        try (Build _ = Objects.requireNonNull(build(sources).build())) {
            Files.delete(sources.root().resolve("Greeting.java"));

            assertThat(build(sources).problems())
                    .anySatisfy(problem -> assertThat(problem.message()).contains("cannot find symbol"));
        }
    }

    @Test
    void several_applications_are_named() throws IOException {
        SourceFolder sources = shop();
        sources.save("Other.java", """
                package shop;

                public final class Other {
                    public static dev.carillon.app.App app() {
                        return Shop.app();
                    }
                }
                """);

        assertThat(build(sources).problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.message())
                        .contains("several applications", "--class", "shop.Other.app", "shop.Shop.app"));
    }
}
