package dev.carillon.cli.config;

import dev.carillon.base.Key;
import dev.carillon.base.PrintableUrl;
import dev.carillon.base.Text;
import dev.carillon.cli.base.KeyOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** The values with which a node would start, and where each comes from. */
public final class EffectiveSettings {
    private static final int MAX_SHOWN = 200;
    private static final String HIDDEN = "(hidden)";
    /** Servers of a broker, without a user, a password or a query; a java.net.URI cannot hold several hosts. */
    private static final Pattern HOSTS = Pattern.compile("[a-z][a-z0-9+.-]*://HOST(,HOST)+(/[A-Za-z0-9._-]*){0,2}"
            .replace("HOST", "([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+])(:\\d{1,5})?"));

    private record Line(String setting, String origin) {}

    private EffectiveSettings() {}

    /** A line for each setting that has a value: {@code name=value} and its origin, in columns. Values of secrets are hidden. */
    public static List<String> lines(KeyOptions options, KeyOptions.Sources sources) {
        List<Line> lines = new ArrayList<>();
        for (Key<?> key : options.keys()) {
            line(key, sources).ifPresent(lines::add);
        }
        int width = lines.stream()
                .mapToInt(line -> line.setting().length())
                .filter(length -> length <= MAX_SHOWN / 3)
                .max()
                .orElse(0);
        return lines.stream()
                .map(line -> line.setting()
                        + " ".repeat(Math.max(0, width - line.setting().length())) + "  # " + line.origin())
                .toList();
    }

    private static Optional<Line> line(Key<?> key, KeyOptions.Sources sources) {
        String flag = sources.flags().get(key.name());
        if (flag != null) {
            return given(key, flag, "flag --" + key.name());
        }
        for (String variable : key.variables()) {
            String value = sources.variables().get(variable);
            if (value != null && (variable.equals(key.variable()) || !value.isEmpty())) {
                return given(key, value, "variable " + variable);
            }
        }
        String entry = sources.file().get(key.name());
        if (entry != null) {
            return given(key, entry.strip(), "file " + sources.path());
        }
        String fallback = key.defaultValue();
        return fallback == null ? Optional.empty() : given(key, fallback, "default");
    }

    private static Optional<Line> given(Key<?> key, String value, String origin) {
        if (value.isEmpty() && origin.equals("default")) {
            return Optional.empty();
        }
        String shown = key.secret() && !value.isEmpty() ? HIDDEN : value.contains("://") ? urls(value) : value;
        return Optional.of(new Line(key.name() + "=" + Text.printable(shown, MAX_SHOWN), origin));
    }

    private static String urls(String value) {
        if (HOSTS.matcher(value).matches()) {
            return value;
        }
        return value.startsWith("http") && value.contains(",")
                ? String.join(
                        ",",
                        List.of(value.split(",")).stream().map(PrintableUrl::of).toList())
                : PrintableUrl.of(value);
    }
}
