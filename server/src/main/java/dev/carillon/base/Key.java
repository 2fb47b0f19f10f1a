package dev.carillon.base;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One setting: a flag ({@code --name}), a variable ({@code CARILLON_NAME}) and an entry of the configuration file. The key holds everything
 * that is known about the setting, including its type and its bounds; {@link Settings#get} reads the value.
 *
 * @param <T> type of the value
 * @param name lower case with hyphens
 * @param placeholder word that stands for the value in a help text, such as {@code MILLIS}; empty: a flag that needs no value
 * @param defaultValue text of the value when none is given; null: no default
 * @param secret whether the value must never be shown
 * @param help one sentence
 * @param aliases further variables: the names that another program uses for the same setting
 * @param parser reads and checks the value
 */
public record Key<T>(
        String name,
        String placeholder,
        @Nullable String defaultValue,
        boolean secret,
        String help,
        List<String> aliases,
        Parser<T> parser) {
    /** Variable by which application platforms give a process its port. */
    public static final String PLATFORM_PORT = "PORT";

    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h)");
    private static final int MAX_PORT = 65_535;
    private static final String LIST_END = "...]";

    /** Reads a value from its text. */
    @FunctionalInterface
    public interface Parser<T> {
        /** @throws ConfigException when the text breaks the rule of the key */
        T parse(Key<?> key, String text);
    }

    public Key {
        aliases = List.copyOf(aliases);
    }

    /** A setting with a type of its own. */
    public static <T> Key<T> of(
            String name, String placeholder, @Nullable String defaultValue, String help, Parser<T> parser) {
        return new Key<>(name, placeholder, defaultValue, false, help, List.of(), parser);
    }

    /** Any text. */
    public static Key<String> text(String name, String placeholder, @Nullable String defaultValue, String help) {
        return of(name, placeholder, defaultValue, help, (key, text) -> text);
    }

    /** Text that is never shown; without a default. */
    public static Key<String> secret(String name, String placeholder, String help) {
        return text(name, placeholder, null, help).hidden();
    }

    /**
     * Text that matches a pattern.
     *
     * @param rule the pattern in words, such as {@code must be 1 to 64 letters}
     */
    public static Key<String> matching(
            String name, String placeholder, @Nullable String defaultValue, String pattern, String rule, String help) {
        return of(name, placeholder, defaultValue, help, (key, text) -> {
            if (!text.matches(pattern)) {
                throw new ConfigException(key, text, rule);
            }
            return text;
        });
    }

    /** A whole number from {@code min} to {@code max}. */
    public static Key<Integer> integer(
            String name, String placeholder, int defaultValue, int min, int max, String help) {
        return of(name, placeholder, Integer.toString(defaultValue), help, (key, text) -> integer(key, text, min, max));
    }

    /** A port to listen on; 0 selects a free one. */
    public static Key<Integer> port(String name, int defaultValue, String help) {
        return integer(name, "PORT", defaultValue, 0, MAX_PORT, help);
    }

    /** A duration from {@code min} to {@code max}, written as {@code 500ms}, {@code 10s}, {@code 5m} or {@code 1h}. */
    public static Key<Duration> duration(String name, String defaultValue, Duration min, Duration max, String help) {
        return of(name, "DURATION", defaultValue, help, (key, text) -> duration(key, text, min, max));
    }

    /** {@code true} or {@code false}; {@code true} when the flag has no value. */
    public static Key<Boolean> flag(String name, String help) {
        return choice(name, "", "false", help, "true", "false").as(Boolean::valueOf);
    }

    /** {@code on} or {@code off}. */
    public static Key<Boolean> onOff(String name, @Nullable String defaultValue, String help) {
        return choice(name, "STATE", defaultValue, help, "on", "off").as("on"::equals);
    }

    /** One of a few words. */
    public static Key<String> choice(
            String name, String placeholder, @Nullable String defaultValue, String help, String... words) {
        List<String> known = List.of(words);
        return of(name, placeholder, defaultValue, help, (key, text) -> {
            if (!known.contains(text)) {
                throw new ConfigException(key, text, "must be " + alternatives(known));
            }
            return text;
        });
    }

    /** Values separated by commas; the flag may also be repeated. Empty values are left out; the default is an empty list. */
    public static Key<List<String>> list(String name, String placeholder, String help) {
        return of(
                name,
                placeholder + "[," + placeholder + LIST_END,
                "",
                help,
                (key, text) -> Arrays.stream(text.split(","))
                        .map(String::strip)
                        .filter(value -> !value.isEmpty())
                        .toList());
    }

    /** Path of a file; without a default. */
    public static Key<Path> file(String name, String help) {
        return of(name, "FILE", null, help, (key, text) -> {
            try {
                return Path.of(text);
            } catch (InvalidPathException e) {
                throw new ConfigException(key, text, "must be the path of a file");
            }
        });
    }

    /** The same setting, with its value mapped to another type. */
    public <R> Key<R> as(Function<T, R> mapping) {
        return new Key<>(
                name,
                placeholder,
                defaultValue,
                secret,
                help,
                aliases,
                (key, text) -> mapping.apply(parser.parse(key, text)));
    }

    /** The same setting, whose value is never shown. */
    public Key<T> hidden() {
        return new Key<>(name, placeholder, defaultValue, true, help, aliases, parser);
    }

    /** The same setting, with one more variable. */
    public Key<T> alias(String variable) {
        List<String> more = Stream.concat(aliases.stream(), Stream.of(variable)).toList();
        return new Key<>(name, placeholder, defaultValue, secret, help, more, parser);
    }

    /** @throws ConfigException when the text breaks the rule of this key */
    public T parse(String text) {
        return parser.parse(this, text);
    }

    public boolean isFlag() {
        return placeholder.isEmpty();
    }

    public boolean isList() {
        return placeholder.endsWith(LIST_END);
    }

    public String variable() {
        return "CARILLON_" + name.toUpperCase(Locale.ROOT).replace('-', '_');
    }

    /** Every variable of this setting, {@link #variable()} first. */
    public List<String> variables() {
        return Stream.concat(Stream.of(variable()), aliases.stream()).toList();
    }

    private static int integer(Key<?> key, String text, int min, int max) {
        try {
            int number = Integer.parseInt(text);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // The exception below names the rule.
        }
        throw new ConfigException(key, text, "must be a whole number from " + min + " to " + max);
    }

    private static Duration duration(Key<?> key, String text, Duration min, Duration max) {
        Matcher matcher = DURATION.matcher(text);
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
                key,
                text,
                "must be a duration such as 500ms, 10s, 5m or 1h, from " + printed(min) + " to " + printed(max));
    }

    private static String printed(Duration duration) {
        return duration.toString().substring(2).toLowerCase(Locale.ROOT);
    }

    private static String alternatives(List<String> words) {
        int last = words.size() - 1;
        return String.join(", ", words.subList(0, last)) + " or " + words.get(last);
    }
}
