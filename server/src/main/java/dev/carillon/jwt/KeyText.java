package dev.carillon.jwt;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Key;
import dev.carillon.base.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The text of a key, which one setting holds or another names the file of. */
public final class KeyText {
    private static final int MAX_FILE_BYTES = 64 * 1024;

    private KeyText() {}

    /**
     * From the settings. White space around the key in a file, as the line break at its end, is not part of it; a setting is taken as it
     * is.
     *
     * @return empty where neither is given
     * @throws ConfigException for both, and for a file that cannot be read or has more than 64 KiB
     */
    public static Optional<String> of(Settings settings, Key<?> text, Key<?> file) {
        Optional<String> given = settings.text(text);
        Optional<String> path = settings.text(file);
        if (given.isPresent() && path.isPresent()) {
            throw new ConfigException(file.name(), path.get(), "must not be given beside " + text.name());
        }
        return path.map(name -> read(file, name)).or(() -> given);
    }

    /** The key in a file of this name, without white space around it. */
    public static String read(Key<?> file, String name) {
        try {
            Path path = Path.of(name);
            if (Files.size(path) <= MAX_FILE_BYTES) {
                return Files.readString(path).strip();
            }
        } catch (IOException | RuntimeException e) {
            throw new ConfigException(file.name(), name, "must be a readable file of UTF-8 text");
        }
        throw new ConfigException(file.name(), name, "must have at most 64 KiB");
    }
}
