package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The pages of this repository refer only to pages, headings and test classes that exist. */
class DocsTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Pattern LINK = Pattern.compile("\\[[^\\]]*\\]\\(([^)\\s]+)\\)");
    private static final Pattern CODE = Pattern.compile("`[^`]*`");
    private static final Pattern HEADING = Pattern.compile("#{1,6} +(.*)");
    private static final Pattern TEST_CLASS = Pattern.compile("`([A-Z]\\w*(?:Test|IT|Contract))`");
    private static final Set<String> BUILT = Set.of("target", ".git", ".cache", "node_modules");

    static List<Path> pages() {
        return files(".md");
    }

    @ParameterizedTest
    @MethodSource("pages")
    void every_relative_link_resolves(Path page) {
        List<String> dead = new ArrayList<>();
        for (String link : links(page)) {
            int hash = link.indexOf('#');
            String path = hash < 0 ? link : link.substring(0, hash);
            Path target = path.isEmpty() ? page : page.resolveSibling(path).normalize();
            if (!Files.exists(target) || (hash >= 0 && !anchors(target).contains(link.substring(hash + 1)))) {
                dead.add(link);
            }
        }
        assertThat(dead).as("dead links of %s", ROOT.relativize(page)).isEmpty();
    }

    @Test
    void threat_model_names_only_tests_that_exist() {
        Set<String> classes = new HashSet<>();
        files(".java").forEach(file -> classes.add(name(file).replace(".java", "")));

        List<String> named = TEST_CLASS
                .matcher(read(ROOT.resolve("docs/threat-model.md")))
                .results()
                .map(match -> match.group(1))
                .toList();

        assertThat(named).isNotEmpty();
        assertThat(named.stream().filter(name -> !classes.contains(name))).isEmpty();
    }

    private static List<String> links(Path page) {
        return prose(page).stream()
                .map(line -> CODE.matcher(line).replaceAll(""))
                .flatMap(line -> LINK.matcher(line).results().map(match -> match.group(1)))
                .filter(link -> !link.matches("[a-z]+:.*"))
                .toList();
    }

    /** Anchors as GitHub derives them from headings; a repeated one gets a number. */
    private static Set<String> anchors(Path page) {
        Set<String> anchors = new HashSet<>();
        Map<String, Integer> repeated = new HashMap<>();
        prose(page).stream()
                .flatMap(line -> HEADING.matcher(line).results().filter(match -> match.start() == 0))
                .map(MatchResult::group)
                .map(heading -> heading.replaceFirst("#+ +", "").replaceAll("\\[([^\\]]*)\\]\\([^)]*\\)", "$1"))
                .map(text -> text.strip()
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N} _-]", "")
                        .replace(' ', '-'))
                .forEach(anchor -> {
                    int before = repeated.merge(anchor, 1, Integer::sum) - 1;
                    anchors.add(before == 0 ? anchor : anchor + "-" + before);
                });
        return anchors;
    }

    /** The lines of a page outside code blocks. */
    private static List<String> prose(Path page) {
        List<String> prose = new ArrayList<>();
        boolean code = false;
        for (String line : read(page).lines().toList()) {
            if (line.strip().startsWith("```")) {
                code = !code;
            } else if (!code && !line.startsWith("    ")) {
                prose.add(line);
            }
        }
        return prose;
    }

    private static List<Path> files(String ending) {
        List<Path> files = new ArrayList<>();
        try {
            Files.walkFileTree(ROOT, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                    return BUILT.contains(name(folder)) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    if (name(file).endsWith(ending)) {
                        files.add(file);
                    }
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return files;
    }

    private static String name(Path path) {
        return path.getFileName().toString();
    }

    private static String read(Path page) {
        try {
            return Files.readString(page);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
