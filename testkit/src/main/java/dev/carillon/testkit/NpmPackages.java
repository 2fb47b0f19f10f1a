package dev.carillon.testkit;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** The npm packages that {@code ./carillon test} installs for tests. */
public final class NpmPackages {
    private NpmPackages() {}

    /**
     * Directory that contains {@code node_modules}: the value of {@code CLIENTS}, or {@code .cache/clients} of the checkout.
     *
     * @throws AssertionError if the packages are not installed
     */
    public static Path directory() {
        Path directory = Path.of(Objects.requireNonNullElse(System.getenv("CLIENTS"), "../.cache/clients"));
        if (!Files.isDirectory(directory.resolve("node_modules"))) {
            throw new AssertionError("no npm packages in " + directory + ": run ./carillon test, which installs them");
        }
        return directory;
    }
}
