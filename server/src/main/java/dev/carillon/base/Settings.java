package dev.carillon.base;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The values of the settings. A flag overrides a variable, a variable overrides the file, the file overrides the default. A value that breaks
 * the rule of its key is an error when it is read; it is never replaced silently.
 */
public final class Settings {
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,39}");
    private static final String VARIABLE_PREFIX = "CARILLON_";

    private final Map<String, String> values;

    private Settings(Map<String, String> values) {
        this.values = values;
    }

    /**
     * Merges the sources.
     *
     * @param flags values by key name
     * @param variables the environment; only names that begin with {@code CARILLON_} and aliases with a value are read
     * @param file values by key name
     * @param otherVariables names of variables that other programs of this project read; they are accepted and ignored
     * @throws ConfigException for an unknown key in any source, and for two variables of one key with different values
     */
    public static Settings join(
            Collection<? extends Key<?>> keys,
            Map<String, String> flags,
            Map<String, String> variables,
            Map<String, String> file,
            Collection<String> otherVariables) {
        Map<String, Key<?>> byName = keys.stream().collect(Collectors.toMap(Key::name, k -> k));
        Set<String> known = keys.stream().map(Key::variable).collect(Collectors.toSet());
        Map<String, String> values = new HashMap<>();
        for (Key<?> key : keys) {
            if (key.defaultValue() != null) {
                values.put(key.name(), key.defaultValue());
            }
        }
        file.forEach((name, value) -> {
            if (!byName.containsKey(name)) {
                // A line of a PEM key can look like the name of a setting, and must not be shown.
                throw new ConfigException(
                        NAME.matcher(name).matches() ? name : "(hidden)",
                        "(not shown)",
                        "is not a setting; see --help");
            }
            values.put(name, value.strip());
        });
        variables.keySet().forEach(name -> {
            if (name.startsWith(VARIABLE_PREFIX) && !known.contains(name) && !otherVariables.contains(name)) {
                throw new ConfigException(name, "(not shown)", "is not a variable of Carillon; see --help");
            }
        });
        for (Key<?> key : keys) {
            given(key, variables).ifPresent(value -> values.put(key.name(), value));
        }
        flags.forEach((name, value) -> {
            if (!byName.containsKey(name)) {
                throw new ConfigException(name, "(not shown)", "is not a setting; see --help");
            }
            values.put(name, value);
        });
        return new Settings(values);
    }

    /** The value that the variables of a key hold; when several are set, they must agree. */
    private static Optional<String> given(Key<?> key, Map<String, String> variables) {
        List<String> names = key.variables().stream()
                .filter(name -> name.equals(key.variable())
                        ? variables.containsKey(name)
                        : !variables.getOrDefault(name, "").isEmpty())
                .toList();
        if (names.stream().map(variables::get).distinct().count() > 1) {
            throw new ConfigException(
                    names.getFirst(),
                    "(not shown)",
                    "must not differ from " + String.join(" and ", names.subList(1, names.size()))
                            + ": both name the same setting");
        }
        return names.stream().findFirst().map(variables::get);
    }

    /** Settings from flags alone, for applications that embed a node. */
    public static Settings of(Collection<? extends Key<?>> keys, Map<String, String> flags) {
        return join(keys, flags, Map.of(), Map.of(), List.of());
    }

    /**
     * The value of a setting that has one, given or by default; of a list also the empty one.
     *
     * @throws ConfigException when there is no value, or it breaks the rule of the key
     */
    public <T> T get(Key<T> key) {
        if (key.isList()) {
            return key.parse(text(key).orElse(""));
        }
        return find(key).orElseThrow(() -> new ConfigException(key.name(), "(none)", "must be given"));
    }

    /**
     * The value of a setting; empty when there is none.
     *
     * @throws ConfigException when the value breaks the rule of the key
     */
    public <T> Optional<T> find(Key<T> key) {
        return text(key).map(key::parse);
    }

    /** The value as it was given, unchecked; empty when there is none. */
    public Optional<String> text(Key<?> key) {
        return Optional.ofNullable(values.get(key.name())).filter(value -> !value.isEmpty());
    }
}
