package dev.carillon.base;

import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The values of configuration keys: a flag wins over a variable, a variable over the file, the file over the fallback. Readers
 * throw {@link ConfigException}; nothing is repaired in silence.
 */
public final class Settings {
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h)");
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,39}");
    private static final String VARIABLE_PREFIX = "CARILLON_";

    private final Map<String, String> values;

    private Settings(Map<String, String> values) {
        this.values = values;
    }

    /**
     * Joins the sources.
     *
     * @param flags by name of key
     * @param variables the environment; of it only names that begin with {@code CARILLON_} count, and aliases that are not empty
     * @param file by name of key
     * @param variablesKept names of variables that other programs of this project read, and that are therefore no mistake
     * @throws ConfigException for a name that is no key, in whatever source, and for two variables of a key that differ
     */
    public static Settings join(
            Collection<Key> keys,
            Map<String, String> flags,
            Map<String, String> variables,
            Map<String, String> file,
            Collection<String> variablesKept) {
        Map<String, Key> byName = keys.stream().collect(Collectors.toMap(Key::name, k -> k));
        Set<String> known = keys.stream().map(Key::variable).collect(Collectors.toSet());
        Map<String, String> values = new HashMap<>();
        for (Key key : keys) {
            if (key.fallback() != null) {
                values.put(key.name(), key.fallback());
            }
        }
        file.forEach((name, value) -> {
            if (!byName.containsKey(name)) {
                // The second line of a key in PEM looks like a name, too.
                throw new ConfigException(
                        NAME.matcher(name).matches() ? name : "(hidden)", "(not shown)", "is no key; see --help");
            }
            values.put(name, value.strip());
        });
        variables.keySet().forEach(name -> {
            if (name.startsWith(VARIABLE_PREFIX) && !known.contains(name) && !variablesKept.contains(name)) {
                throw new ConfigException(name, "(not shown)", "is no variable of Carillon; see --help");
            }
        });
        for (Key key : keys) {
            given(key, variables).ifPresent(value -> values.put(key.name(), value));
        }
        flags.forEach((name, value) -> {
            if (!byName.containsKey(name)) {
                throw new ConfigException(name, "(not shown)", "is no key; see --help");
            }
            values.put(name, value);
        });
        return new Settings(values);
    }

    /** The value of the key's variables: which of several was meant cannot be told, so they must not differ. */
    private static Optional<String> given(Key key, Map<String, String> variables) {
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
                            + ": they are one setting");
        }
        return names.stream().findFirst().map(variables::get);
    }

    /** Settings of flags alone, for embedding and tests. */
    public static Settings of(Collection<Key> keys, Map<String, String> flags) {
        return join(keys, flags, Map.of(), Map.of(), List.of());
    }

    public Optional<String> text(Key key) {
        return Optional.ofNullable(values.get(key.name())).filter(v -> !v.isEmpty());
    }

    /** @throws ConfigException when there is no value */
    public String required(Key key) {
        return text(key).orElseThrow(() -> new ConfigException(key.name(), "(none)", "must be given"));
    }

    public int integer(Key key, int min, int max) {
        String value = required(key);
        try {
            int number = Integer.parseInt(value);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw new ConfigException(key, value, "must be a whole number from " + min + " to " + max);
    }

    /** A duration written as {@code 500ms}, {@code 10s}, {@code 5m} or {@code 1h}. */
    public Duration duration(Key key, Duration min, Duration max) {
        String value = required(key);
        Matcher matcher = DURATION.matcher(value);
        if (matcher.matches()) {
            long number = Long.parseLong(matcher.group(1));
            Duration duration = switch (matcher.group(2)) {
                case "ms" -> Duration.ofMillis(number);
                case "s" -> Duration.ofSeconds(number);
                case "m" -> Duration.ofMinutes(number);
                default -> Duration.ofHours(number);
            };
            if (duration.compareTo(min) >= 0 && duration.compareTo(max) <= 0) {
                return duration;
            }
        }
        throw new ConfigException(
                key, value, "must be a duration such as 500ms, 10s, 5m or 1h, from " + text(min) + " to " + text(max));
    }

    public boolean isSet(Key key) {
        String value = required(key);
        return switch (value) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new ConfigException(key, value, "must be true or false");
        };
    }

    /** Values separated by commas, without empty ones. */
    public List<String> list(Key key) {
        return text(key)
                .map(v -> Arrays.stream(v.split(","))
                        .map(String::strip)
                        .filter(s -> !s.isEmpty())
                        .toList())
                .orElse(List.of());
    }

    private static String text(Duration duration) {
        return duration.toString().substring(2).toLowerCase(Locale.ROOT);
    }
}
