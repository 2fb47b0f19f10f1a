package dev.carillon.source;

import dev.carillon.base.ConfigException;
import dev.carillon.base.PrintableUrl;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The address of a source: a URL whose query has parameters. It may contain a password: {@link #toString} omits it, and only a driver may use {@link #uri}.
 * Immutable.
 */
public final class SourceAddress {
    /** The setting that holds addresses. */
    public static final String KEY = "source";

    private final URI uri;
    private final String shown;
    private final Map<String, String> parameters;

    private SourceAddress(URI uri, String shown, Map<String, String> parameters) {
        this.uri = uri;
        this.shown = shown;
        this.parameters = parameters;
    }

    /** @throws ConfigException for anything but a URL with a host, whose parameters each have one value; its message shows no secret */
    public static SourceAddress parse(String text) {
        String shown = PrintableUrl.of(text);
        try {
            URI given = new URI(text);
            if (given.getScheme() == null || given.getRawAuthority() == null || given.getRawFragment() != null) {
                throw new ConfigException(
                        KEY, shown, "must be a URL such as amqp://user:password@host/vhost?queue=NAME");
            }
            int query = text.indexOf('?');
            return new SourceAddress(
                    query < 0 ? given : new URI(text.substring(0, query)),
                    shown,
                    parameters(shown, given.getRawQuery()));
        } catch (URISyntaxException e) {
            // Its message would show a password.
            throw new ConfigException(
                    KEY, shown, "must be a URL; special characters of a password or name must be percent-encoded");
        }
    }

    private static Map<String, String> parameters(String shown, String query) {
        Map<String, String> all = new LinkedHashMap<>();
        for (String each : query == null ? new String[0] : query.split("&")) {
            int equals = each.indexOf('=');
            if (equals <= 0) {
                throw new ConfigException(KEY, shown, "each parameter must be NAME=VALUE");
            }
            String name = decoded(each.substring(0, equals));
            if (all.put(name, decoded(each.substring(equals + 1))) != null) {
                throw new ConfigException(KEY, shown, "parameter " + name + ": must be given once");
            }
        }
        return all;
    }

    /** Unlike a form, a URL may have a plus sign, which routing keys and scopes need. */
    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    public String scheme() {
        return uri.getScheme();
    }

    /** Without the parameters. Includes user and password: never log it. */
    public URI uri() {
        return uri;
    }

    /** Names of the parameters. */
    public Set<String> names() {
        return parameters.keySet();
    }

    /** The value of a parameter; empty: not given, or without a value. */
    public Optional<String> find(String name) {
        return Optional.ofNullable(parameters.get(name)).filter(value -> !value.isEmpty());
    }

    /** @throws ConfigException when the parameter is missing */
    public String required(String name) {
        return find(name).orElseThrow(() -> refused("parameter " + name + ": must be given"));
    }

    /** The values of a parameter, separated by semicolons: commas separate the addresses. */
    public List<String> list(String name) {
        return find(name).stream()
                .flatMap(value -> Arrays.stream(value.split(";")))
                .map(String::strip)
                .filter(value -> !value.isEmpty())
                .toList();
    }

    /** @throws ConfigException for anything but {@code true} and {@code false} */
    public boolean flag(String name) {
        return switch (find(name).orElse("false")) {
            case "true" -> true;
            case "false" -> false;
            default -> throw refused("parameter " + name + ": must be true or false");
        };
    }

    /** @throws ConfigException for anything but a whole number from {@code min} to {@code max} */
    public int number(String name, int defaultValue, int min, int max) {
        try {
            int number = find(name).map(Integer::parseInt).orElse(defaultValue);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // The exception below names the rule.
        }
        throw refused("parameter " + name + ": must be a whole number from " + min + " to " + max);
    }

    /** An error in this address. */
    public ConfigException refused(String rule) {
        return new ConfigException(KEY, shown, rule);
    }

    /** Omits user, password and parameters. */
    @Override
    public String toString() {
        return shown;
    }
}
