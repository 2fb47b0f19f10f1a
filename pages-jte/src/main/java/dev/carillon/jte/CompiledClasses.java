package dev.carillon.jte;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Where the templates of a directory are compiled to: a temporary directory, which the process removes at its end. */
final class CompiledClasses {
    private CompiledClasses() {}

    static Path directory() throws IOException {
        Path directory = Files.createTempDirectory("carillon-templates-");
        Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(directory), "carillon-templates"));
        return directory;
    }

    static void remove(Path directory) {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            // Left to the cleaning of temporary files by the system.
        }
    }
}
