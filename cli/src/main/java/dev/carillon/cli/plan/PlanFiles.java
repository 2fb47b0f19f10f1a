package dev.carillon.cli.plan;

import dev.carillon.cli.base.CommandException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files that {@code plan} reads. */
final class PlanFiles {
    private static final int MAX_BYTES = 1_000_000;

    private PlanFiles() {}

    /** Text of a small file. */
    static String read(String name, Path file) {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw CommandException.misused(name + ": " + file + ": must have at most " + MAX_BYTES + " bytes");
            }
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw CommandException.misused(name + ": " + file + ": cannot be read as text in UTF-8");
        }
    }
}
