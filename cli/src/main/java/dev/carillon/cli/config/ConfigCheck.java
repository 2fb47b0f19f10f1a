package dev.carillon.cli.config;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Key;
import dev.carillon.base.Text;
import dev.carillon.cli.base.KeyOptions;
import dev.carillon.node.NodeConfig;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Finds every wrong line of a configuration file, where a node stops at the first error; then the first conflict between settings. */
public final class ConfigCheck {
    private static final int MAX_TYPING_ERRORS = 2;
    private static final int MAX_SHOWN = 40;

    private final KeyOptions options;

    public ConfigCheck(KeyOptions options) {
        this.options = options;
    }

    /**
     * What was found, one line each with what to do.
     *
     * @param errors of all lines, or the first conflict between settings; empty: a node starts with the file and these variables
     * @param warnings about lines with which a node starts
     */
    public record Findings(List<String> errors, List<String> warnings) {
        public Findings {
            errors = List.copyOf(errors);
            warnings = List.copyOf(warnings);
        }
    }

    /**
     * Checks a file.
     *
     * @param variables the environment, which overrides the file
     * @throws ConfigException for a file that cannot be read
     */
    public Findings findings(String path, Map<String, String> variables) {
        ConfigFile file = ConfigFile.read(path);
        List<String> errors = new ArrayList<>();
        Map<String, String> known = new TreeMap<>(file.entries());
        for (Map.Entry<String, String> entry : file.entries().entrySet()) {
            Optional<Key<?>> key = key(entry.getKey());
            if (key.isEmpty()) {
                errors.add(unknown(entry.getKey()));
                known.remove(entry.getKey());
            } else {
                value(key.get(), entry.getValue()).ifPresent(error -> {
                    errors.add(error);
                    known.remove(entry.getKey());
                });
            }
        }
        // A conflict between settings may only follow from a wrong line.
        if (errors.isEmpty()) {
            together(known, variables).ifPresent(errors::add);
        }
        return new Findings(
                errors,
                file.repeated().stream()
                        .map(name -> name + ": stands in several lines, of which the last counts; remove the others")
                        .toList());
    }

    private Optional<Key<?>> key(String name) {
        return options.keys().stream().filter(key -> key.name().equals(name)).findFirst();
    }

    private static Optional<String> value(Key<?> key, String value) {
        if (value.length() > 1
                && "\"'".indexOf(value.charAt(0)) >= 0
                && value.charAt(0) == value.charAt(value.length() - 1)) {
            return Optional.of(key.name() + ": the value is in quotes, which would be a part of it; remove them");
        }
        if (value.isEmpty()) {
            return Optional.empty();
        }
        try {
            Object _ = key.parse(value);
            return Optional.empty();
        } catch (ConfigException e) {
            boolean comment = !key.secret() && value.contains(" #");
            return Optional.of(e.getMessage() + (comment ? "; a comment needs a line of its own" : ""));
        }
    }

    /** What only the settings together show, such as a secret that is missing. */
    private Optional<String> together(Map<String, String> file, Map<String, String> variables) {
        try {
            NodeConfig.of(options.join(Map.of(), variables, file));
            return Optional.empty();
        } catch (ConfigException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /** A line of a PEM key can look like a name, and must not be shown; what is like a setting is. */
    private String unknown(String name) {
        String plain = name.toLowerCase(Locale.ROOT)
                .replaceFirst("^-+", "")
                .replaceFirst("^carillon[_-]", "")
                .replace('_', '-');
        return similar(plain)
                .map(key -> Text.printable(name, MAX_SHOWN) + ": is not a setting; write " + key)
                .orElseGet(() -> (name.matches("[a-z][a-z0-9-]{0,39}") ? name : "(hidden)")
                        + ": is not a setting; docs/settings.md and carillon serve --print-config have all");
    }

    private Optional<String> similar(String name) {
        Collection<String> names = options.keys().stream().map(Key::name).toList();
        return name.length() > MAX_SHOWN
                ? Optional.empty()
                : names.stream()
                        .filter(known -> typingErrors(name, known) <= MAX_TYPING_ERRORS)
                        .min(Comparator.comparingInt(known -> typingErrors(name, known)));
    }

    /** The Levenshtein distance. */
    private static int typingErrors(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
