package dev.carillon.source.intake;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ConfigException;
import dev.carillon.base.Key;
import dev.carillon.base.Settings;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import dev.carillon.source.Source;
import dev.carillon.source.SourceAddress;
import dev.carillon.source.SourceProvider;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * One source, as its address describes it.
 *
 * @param name the same on every node, unique in the cluster
 * @param tenant to which its events belong
 * @param type of events that do not name one; empty: none
 * @param maxAge messages that are older are dropped; empty: none are
 * @param batch maximum number of messages that are appended together
 * @param isSecure whether its connection has TLS
 */
public record SourceConfig(
        String name,
        SourceAddress address,
        Source source,
        Tenant tenant,
        ScopeRule scope,
        MessageFormat format,
        Optional<String> type,
        boolean isPrivate,
        PoisonPolicy poison,
        Optional<Duration> maxAge,
        int batch,
        boolean isSecure) {
    public static final List<Key<?>> KEYS;
    /** Leases of other work have room beside those of so many sources. */
    static final int MAX = 64;

    private static final int DEFAULT_BATCH = 100;
    private static final int MAX_BATCH = 500;
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final Set<String> COMMON = Set.of(
            "name", "tenant", "scope", "scope-header", "format", "type", "private", "poison", "max-age", "batch");
    private static final Key<List<String>> SOURCE = Key.list(
                    SourceAddress.KEY,
                    "URL",
                    "Source whose messages are broadcast, at most 64: amqp://USER:PASSWORD@HOST/VHOST?queue=NAME, redis-stream://HOST?stream=NAME or nats-stream://HOST?stream=NAME&subject=SUBJECT, with parameters. The same on every node.")
            .hidden();
    private static final Key<Duration> MAX_AGE =
            Key.duration("max-age", "1h", Duration.ofMillis(1), Duration.ofDays(365), "");

    static {
        KEYS = List.of(SOURCE);
    }

    /** @throws ConfigException for the first address that breaks a rule */
    public static List<SourceConfig> of(Settings settings) {
        List<SourceConfig> all = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (String text : settings.get(SOURCE)) {
            SourceConfig config = of(SourceAddress.parse(text));
            if (!names.add(config.name)) {
                throw config.address.refused(
                        "another source has the name " + config.name + ": give each its own with the parameter name");
            }
            all.add(config);
        }
        if (all.size() > MAX) {
            throw new ConfigException(SOURCE, "(hidden)", "must be at most " + MAX + " sources");
        }
        return List.copyOf(all);
    }

    static SourceConfig of(SourceAddress address) {
        return of(address, provider(address));
    }

    static SourceConfig of(SourceAddress address, SourceProvider provider) {
        Set<String> unknown = new TreeSet<>(address.names());
        unknown.removeAll(COMMON);
        unknown.removeAll(provider.parameters());
        if (!unknown.isEmpty()) {
            Set<String> known = new TreeSet<>(COMMON);
            known.addAll(provider.parameters());
            throw address.refused(
                    "parameter " + unknown.iterator().next() + ": is unknown; known are " + String.join(", ", known));
        }
        Source source = provider.source(address);
        String name = address.find("name").orElseGet(source::name);
        if (!NAME.matcher(name).matches()) {
            throw address.refused("parameter name: must be 1 to 64 letters, digits, '.', '_' or '-'");
        }
        return new SourceConfig(
                name,
                address,
                source,
                tenant(address),
                scope(address),
                word(address, "format", MessageFormat.class, MessageFormat.AUTO, MessageFormat.RULE),
                type(address),
                address.flag("private"),
                poison(address, source),
                address.find("max-age").map(text -> maxAge(address, text)),
                address.number("batch", DEFAULT_BATCH, 1, MAX_BATCH),
                provider.secureSchemes().contains(address.scheme()));
    }

    private static SourceProvider provider(SourceAddress address) {
        List<SourceProvider> providers = ServiceLoader.load(SourceProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .toList();
        for (SourceProvider provider : providers) {
            if (provider.schemes().contains(address.scheme())) {
                return provider;
            }
        }
        List<String> known =
                providers.stream().flatMap(p -> p.schemes().stream()).sorted().toList();
        throw address.refused("no module reads this scheme; known are " + String.join(", ", known));
    }

    private static Tenant tenant(SourceAddress address) {
        try {
            return address.find("tenant").map(Tenant::ofToken).orElse(Tenant.DEFAULT);
        } catch (CarillonException e) {
            throw address.refused("parameter tenant: " + e.getMessage());
        }
    }

    private static ScopeRule scope(SourceAddress address) {
        try {
            return new ScopeRule(
                    address.find("scope-header").orElse(ScopeRule.DEFAULT_HEADER),
                    address.find("scope").orElse(ScopeRule.DEFAULT_TEXT));
        } catch (CarillonException e) {
            throw address.refused("parameter scope: " + e.getMessage());
        }
    }

    private static Optional<String> type(SourceAddress address) {
        Optional<String> type = address.find("type");
        try {
            type.ifPresent(text -> Event.to(Scope.GLOBAL).type(text).build());
        } catch (CarillonException e) {
            throw address.refused("parameter " + e.getMessage());
        }
        return type;
    }

    private static PoisonPolicy poison(SourceAddress address, Source source) {
        PoisonPolicy policy = word(
                address,
                "poison",
                PoisonPolicy.class,
                source.hasDeadLetters() ? PoisonPolicy.DEAD_LETTER : PoisonPolicy.DROP,
                PoisonPolicy.RULE);
        if (policy == PoisonPolicy.DEAD_LETTER && !source.hasDeadLetters()) {
            throw address.refused("parameter poison: must be drop or stop, as this source has no dead letters");
        }
        return policy;
    }

    private static <E extends Enum<E>> E word(
            SourceAddress address, String name, Class<E> words, E defaultValue, String rule) {
        String text = address.find(name).orElse(null);
        if (text == null) {
            return defaultValue;
        }
        for (E each : words.getEnumConstants()) {
            if (each.name().toLowerCase(Locale.ROOT).replace('_', '-').equals(text)) {
                return each;
            }
        }
        throw address.refused("parameter " + name + ": " + rule);
    }

    private static Duration maxAge(SourceAddress address, String text) {
        try {
            return MAX_AGE.parse(text);
        } catch (ConfigException e) {
            throw address.refused("parameter max-age: must be a duration such as 500ms, 10s, 5m or 1h");
        }
    }

    /** Does not show the address. */
    @Override
    public String toString() {
        return "SourceConfig[" + name + "]";
    }
}
