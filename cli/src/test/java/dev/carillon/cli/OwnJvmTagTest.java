package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Maven runs tests with the tag {@code own-jvm} in those modules alone that ask for it: a test in another one would never run. */
class OwnJvmTagTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern MODULE = Pattern.compile("<module>([^<]+)</module>");
    private static final Pattern SUPERCLASS = Pattern.compile("\\bclass \\w+(?:<[^{]*>)? extends (\\w+)");
    private static final String TAG = "@Tag(\"own-jvm\")";

    @Test
    void modules_with_tests_of_the_tag_run_them_and_others_look_for_none() throws IOException {
        Map<Path, String> sources = sources();
        Set<String> tagged = tagged(sources);

        assertThat(tagged).contains("MemoryFloodIT", "SecureBrokerContract", "NatsSecureIT");
        for (String module : modules()) {
            List<String> tests = sources.keySet().stream()
                    .filter(file -> file.startsWith(ROOT.resolve(module).resolve("src/test")))
                    .map(OwnJvmTagTest::name)
                    .filter(tagged::contains)
                    .toList();
            assertPhase(module, "unit-phase", "test", tests.stream().anyMatch(name -> name.endsWith("Test")));
            assertPhase(module, "phase", "integration-test", tests.stream().anyMatch(name -> name.endsWith("IT")));
        }
    }

    private static void assertPhase(String module, String property, String phase, boolean needed) throws IOException {
        String line = "<carillon.test.own-jvm." + property + ">" + phase + "<";
        assertThat(Files.readString(ROOT.resolve(module).resolve("pom.xml")).contains(line))
                .as("%s/pom.xml has %s", module, line)
                .isEqualTo(needed);
    }

    private static List<String> modules() throws IOException {
        return MODULE.matcher(Files.readString(ROOT.resolve("pom.xml")))
                .results()
                .map(match -> match.group(1))
                .toList();
    }

    private static Map<Path, String> sources() throws IOException {
        Map<Path, String> sources = new LinkedHashMap<>();
        for (String module : modules()) {
            Path root = ROOT.resolve(module).resolve("src/test/java");
            if (Files.isDirectory(root)) {
                try (Stream<Path> files = Files.walk(root)) {
                    for (Path file : files.filter(path -> path.toString().endsWith(".java"))
                            .toList()) {
                        sources.put(file, Files.readString(file));
                    }
                }
            }
        }
        // This class names the tag, too.
        sources.keySet().removeIf(file -> name(file).equals(OwnJvmTagTest.class.getSimpleName()));
        return sources;
    }

    /** The classes with the tag and their subclasses, by their simple names. */
    private static Set<String> tagged(Map<Path, String> sources) {
        Set<String> tagged = sources.entrySet().stream()
                .filter(source -> source.getValue().contains(TAG))
                .map(source -> name(source.getKey()))
                .collect(Collectors.toCollection(HashSet::new));
        boolean more = true;
        while (more) {
            more = false;
            for (Map.Entry<Path, String> source : sources.entrySet()) {
                if (SUPERCLASS
                        .matcher(source.getValue())
                        .results()
                        .map((MatchResult match) -> match.group(1))
                        .anyMatch(tagged::contains)) {
                    more |= tagged.add(name(source.getKey()));
                }
            }
        }
        return tagged;
    }

    private static String name(Path file) {
        return file.getFileName().toString().replace(".java", "");
    }
}
