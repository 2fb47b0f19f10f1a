package dev.carillon.cli.dev;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.Optional;
import java.util.stream.Stream;

/** The examples of a checkout, as a project. */
public final class ExampleFolder {
    private static final Path EXAMPLES = Path.of("examples", "pages");
    private static final String ALL = "examples";

    private ExampleFolder() {}

    /**
     * Finds an example.
     *
     * @param name {@code examples} for all, or the name of a source file without its ending, in any case
     * @return the project that has it; empty: this is no checkout, or it has no such example
     */
    public static Optional<Path> of(String name) {
        return Stream.of(Optional.of(Path.of("").toAbsolutePath()), ofThisProgram())
                .flatMap(Optional::stream)
                .flatMap(ExampleFolder::withParents)
                .map(folder -> folder.resolve(EXAMPLES))
                .filter(folder -> Files.exists(folder.resolve("pom.xml")))
                .findFirst()
                .filter(folder -> name.equals(ALL) || has(folder, name));
    }

    private static Stream<Path> withParents(Path folder) {
        return Stream.iterate(folder, path -> path != null, Path::getParent);
    }

    private static Optional<Path> ofThisProgram() {
        CodeSource source = ExampleFolder.class.getProtectionDomain().getCodeSource();
        if (source == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(Path.of(source.getLocation().toURI()));
        } catch (URISyntaxException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static boolean has(Path folder, String name) {
        try (Stream<Path> all = Files.walk(folder.resolve("src/main/java"))) {
            return all.map(path -> String.valueOf(path.getFileName()))
                    .anyMatch(file -> file.equalsIgnoreCase(name + ".java"));
        } catch (IOException e) {
            return false;
        }
    }
}
