package dev.carillon.examples.pages;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.Key;
import dev.carillon.node.NodeKeys;
import java.io.IOException;
import java.lang.reflect.Member;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each row of docs/pages-migration.md names something that exists here, or says why it does not. */
class MigrationPageTest {
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");
    private static final Pattern NAME = Pattern.compile("[A-Z][A-Za-z]+(\\.[A-Za-z]+)?");
    private static final String NOT_HERE = "not here";
    private static final List<String> PACKAGES = List.of(
            "dev.carillon.app.",
            "dev.carillon.page.",
            "dev.carillon.page.annotation.",
            "dev.carillon.jte.",
            "dev.carillon.junit.",
            "dev.carillon.junit.pages.",
            "dev.carillon.scope.",
            "dev.carillon.extension.",
            "dev.carillon.session.",
            "dev.carillon.broker.",
            "dev.carillon.node.");
    private static final Set<String> FLAGS =
            NodeKeys.ALL.stream().map(Key::name).map(name -> "--" + name).collect(Collectors.toSet());

    private record Row(List<String> members, String here) {}

    private static List<Row> rows() throws IOException {
        String page = Files.readString(Path.of("../../docs/pages-migration.md"));
        List<Row> rows = new ArrayList<>();
        page.substring(page.indexOf("\n## Application"))
                .lines()
                .filter(line -> line.startsWith("| ") && !line.startsWith("| member ") && !line.startsWith("| ---"))
                .forEach(line -> {
                    String[] cells = line.split(" \\| ", 2);
                    rows.add(new Row(code(cells[0]), cells[1].replaceAll(" \\|$", "")));
                });
        return rows;
    }

    private static List<String> code(String text) {
        return CODE.matcher(text).results().map(found -> found.group(1)).toList();
    }

    private static Optional<Class<?>> type(String name) {
        return PACKAGES.stream()
                .flatMap(prefix -> {
                    try {
                        return Stream.<Class<?>>of(Class.forName(prefix + name));
                    } catch (ClassNotFoundException e) {
                        return Stream.empty();
                    }
                })
                .findFirst();
    }

    private static boolean exists(String reference) {
        if (reference.startsWith("--")) {
            return FLAGS.contains(reference);
        }
        String[] parts = reference.split("\\.", -1);
        return type(parts[0])
                .filter(found -> parts.length == 1
                        || Stream.<Member>concat(Arrays.stream(found.getMethods()), Arrays.stream(found.getFields()))
                                .anyMatch(member -> member.getName().equals(parts[1])))
                .isPresent();
    }

    @Test
    void every_row_names_a_member_that_exists_or_says_why_there_is_none() throws IOException {
        List<Row> rows = rows();
        List<String> wrong = new ArrayList<>();
        for (Row row : rows) {
            List<String> references = code(row.here()).stream()
                    .filter(text -> NAME.matcher(text).matches() || text.startsWith("--"))
                    .toList();
            boolean none = row.here().startsWith(NOT_HERE);
            if (!none && references.isEmpty()) {
                wrong.add("nothing is named for " + row.members());
            }
            if (none && !row.here().contains(":")) {
                wrong.add("no reason for " + row.members());
            }
            references.stream()
                    // A level of the commands, and no setting of a node.
                    .filter(name -> !exists(name) && !name.equals("--log-level") && !name.equals("--version"))
                    .forEach(name -> wrong.add(name + " does not exist"));
        }
        long members = rows.stream().mapToLong(row -> row.members().size()).sum();
        long here = rows.stream()
                .filter(row -> !row.here().startsWith(NOT_HERE))
                .mapToLong(row -> row.members().size())
                .sum();
        System.out.println("members of php-via on the page: " + members + ", of which have an equivalent: " + here);

        assertThat(wrong).isEmpty();
        assertThat(members).isGreaterThan(180);
    }

    @Test
    void no_member_is_listed_twice() throws IOException {
        List<String> all =
                rows().stream().flatMap(row -> row.members().stream()).toList();

        assertThat(all).filteredOn(name -> name.contains("::")).doesNotHaveDuplicates();
    }
}
