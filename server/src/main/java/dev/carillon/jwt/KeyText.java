package dev.carillon.jwt;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Key;
import dev.carillon.base.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Reads the text of a key from a setting, or from the file that another setting names. */
public final class KeyText {
    private static final int MAX_FILE_BYTES = 64 * 1024;

    private KeyText() {}

    /**
     * Reads the key. White space around the key is removed from a file, for example the final line break, but not from a setting.
     *
     * @param text setting with the key itself
     * @param file setting with the name of a file
     * @return empty if neither is set
     * @throws ConfigException if both are set, or if the file cannot be read or has more than 64 KiB
     */
    public static Optional<String> of(Settings settings, Key<?> text, Key<?> file) {
        Optional<String> given = settings.text(text);
        Optional<String> path = settings.text(file);
        if (given.isPresent() && path.isPresent()) {
            throw new ConfigException(file.name(), path.get(), "must not be set together with " + text.name());
        }
        return path.map(name -> read(file, name)).or(() -> given);
    }

    /**
     * Reads the key from a file, without white space around it.
     *
     * @param file setting that names the file, for errors
     * @throws ConfigException if the file cannot be read or has more than 64 KiB
     */
    public static String read(Key<?> file, String name) {
        try {
            Path path = Path.of(name);
            if (Files.size(path) <= MAX_FILE_BYTES) {
                return Files.readString(path).strip();
            }
        } catch (IOException | RuntimeException e) {
            throw new ConfigException(file.name(), name, "must be a readable file of UTF-8 text");
        }
        throw new ConfigException(file.name(), name, "must be a file of at most 64 KiB");
    }
}
