package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The page about the models names each mutation and limit, and so do the models and the list of checks. */
class ModelPageTest {
    private static final Path FOLDER = Path.of("../model");
    private static final Pattern MUTATION = Pattern.compile("MUTATE_([A-Z_]+)");
    private static final Pattern NAME = Pattern.compile("`([A-Z]+(?:_[A-Z]+)+)`");

    @Test
    void every_mutation_of_a_model_is_checked() throws Exception {
        for (String model : List.of("delivery", "ownership", "lease")) {
            String text = Files.readString(FOLDER.resolve(model + ".pml"));
            assertThat(checked("mutation", model))
                    .as(model)
                    .isEqualTo(MUTATION.matcher(text)
                            .results()
                            .map(match -> match.group(1))
                            .collect(Collectors.toCollection(TreeSet::new)));
        }
    }

    @Test
    void table_of_rules_names_every_mutation_and_no_other() throws Exception {
        String table = section("## Rules", "## Limits");

        Set<String> named = NAME.matcher(table)
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(named).isEqualTo(checked("mutation", null));
        assertThat(section("## Limits", "## Figures"))
                .contains(checked("limit", null).stream()
                        .map(name -> "`" + name + "`")
                        .toList());
    }

    private static String section(String from, String to) throws IOException {
        String page = Files.readString(Path.of("../docs/model.md"));
        assertThat(page).contains(from, to);
        return page.substring(page.indexOf(from), page.indexOf(to));
    }

    /** @param model null: all */
    private static Set<String> checked(String kind, @Nullable String model) throws IOException {
        return Files.readAllLines(FOLDER.resolve("checks")).stream()
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.split(" +"))
                .filter(fields -> fields[1].equals(kind) && (model == null || fields[2].equals(model)))
                .map(fields -> fields[3])
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
