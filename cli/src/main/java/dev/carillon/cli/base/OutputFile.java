package dev.carillon.cli.base;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A file that an option names for a result. */
public final class OutputFile {
    private OutputFile() {}

    /** Fails before the work, not after it. */
    public static void mustBeWritable(String name, @Nullable Path file) {
        if (file != null) {
            Path directory = file.toAbsolutePath().getParent();
            if (Files.isDirectory(file)
                    || directory == null
                    || !Files.isWritable(Files.exists(file) ? file : directory)) {
                throw CommandException.misused(name + ": " + file + ": cannot be written");
            }
        }
    }

    /** Does nothing without a file. */
    public static void write(String name, @Nullable Path file, Supplier<String> text) {
        if (file != null) {
            try {
                Files.writeString(file, text.get());
            } catch (IOException e) {
                throw CommandException.failed(name + ": " + file + ": cannot be written: " + e.getMessage());
            }
        }
    }
}
