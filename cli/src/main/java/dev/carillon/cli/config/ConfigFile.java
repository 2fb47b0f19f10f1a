package dev.carillon.cli.config;

import dev.carillon.base.ConfigException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A configuration file as it was written.
 *
 * @param entries values by name, as a node reads them
 * @param repeated names that stand in several lines, of which a node reads the last
 */
record ConfigFile(String path, Map<String, String> entries, Set<String> repeated) {
    private static final String KEY = "config file";
    private static final Pattern LINE = Pattern.compile("\\s*([A-Za-z][\\w-]*)\\s*[=:].*");

    /** @throws ConfigException for a file that cannot be read */
    static ConfigFile read(String path) {
        try {
            String text = Files.readString(Path.of(path));
            Properties properties = new Properties();
            properties.load(new StringReader(text));
            Map<String, String> entries = new TreeMap<>();
            properties
                    .stringPropertyNames()
                    .forEach(name ->
                            entries.put(name, properties.getProperty(name).strip()));
            return new ConfigFile(path, entries, repeated(text, entries));
        } catch (NoSuchFileException e) {
            throw new ConfigException(KEY, path, "file not found");
        } catch (CharacterCodingException e) {
            throw new ConfigException(KEY, path, "must be UTF-8 text");
        } catch (IOException | InvalidPathException e) {
            throw new ConfigException(KEY, path, "must be a readable file");
        } catch (IllegalArgumentException e) {
            throw new ConfigException(KEY, path, "must be a properties file: " + e.getMessage());
        }
    }

    private static Set<String> repeated(String text, Map<String, String> entries) {
        Set<String> seen = new HashSet<>();
        Map<String, Boolean> repeated = new LinkedHashMap<>();
        List<String> lines = new ArrayList<>(text.lines().toList());
        for (String line : lines) {
            Matcher matcher = LINE.matcher(line);
            if (matcher.matches() && entries.containsKey(matcher.group(1)) && !seen.add(matcher.group(1))) {
                repeated.put(matcher.group(1), true);
            }
        }
        return repeated.keySet();
    }
}
