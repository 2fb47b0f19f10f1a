package dev.carillon.authorizer;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Key;
import dev.carillon.base.Keys;
import dev.carillon.base.PrintableUrl;
import dev.carillon.base.Settings;
import dev.carillon.base.Text;
import dev.carillon.edge.VerifiedTls;
import dev.carillon.jwt.JwksConfig;
import dev.carillon.jwt.KeyText;
import dev.carillon.secret.KeyFormat;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Settings of authorizers of the application's own.
 *
 * @param http the HTTP authorizer; null: none
 * @param cache how long an answer is used before the authorizer is asked again
 * @param useCached whether older answers are used while the authorizer is unavailable
 * @param stale how long after {@code cache} open streams stay open, and older answers are used
 */
public record AuthorizerConfig(@Nullable Http http, Duration cache, boolean useCached, Duration stale) {
    private static final int MIN_KEY_LENGTH = 16;
    private static final Duration LONGEST = Duration.ofHours(24);
    private static final Keys DECLARED = new Keys();
    private static final Key<String> URL = DECLARED.declare(
            Key.text(
                    "authorizer",
                    "URL",
                    null,
                    "URL at which the application decides about clients: HTTPS, or HTTP with a loopback address. If jwt-key is set, tokens in the form of a JWT are verified with it and not sent to the URL."));
    private static final Key<String> KEY = DECLARED.declare(Key.secret(
            "authorizer-key",
            "TEXT",
            "Key that signs the requests to the authorizer, at least 16 characters; required with authorizer."));
    private static final Key<String> KEY_FILE = DECLARED.declare(
            Key.text("authorizer-key-file", "FILE", null, "File with the key, instead of --authorizer-key."));
    private static final Key<Path> CA = DECLARED.declare(
            Key.file(
                    "authorizer-ca",
                    "PEM file with the certificates of the authorities that may vouch for the authorizer. Default: those of the JVM."));
    private static final Key<Duration> TIMEOUT = DECLARED.declare(Key.duration(
            "authorizer-timeout",
            "2s",
            Duration.ofMillis(50),
            Duration.ofSeconds(30),
            "Maximum time for an answer of the authorizer."));
    private static final Key<Duration> CACHE = DECLARED.declare(Key.duration(
            "authorizer-cache",
            "60s",
            Duration.ofSeconds(1),
            LONGEST,
            "How long an answer of the authorizer is used. Then it is asked again, also about open streams."));
    private static final Key<Boolean> UNAVAILABLE = DECLARED.declare(Key.choice(
                    "authorizer-unavailable",
                    "POLICY",
                    "refuse",
                    "New requests while the authorizer does not answer: refuse (temporarily), or cached: use answers that are up to authorizer-stale older.",
                    "refuse",
                    "cached")
            .as("cached"::equals));
    private static final Key<Duration> STALE = DECLARED.declare(Key.duration(
            "authorizer-stale",
            "10m",
            Duration.ZERO,
            LONGEST,
            "How long open streams stay open while the authorizer does not answer, after authorizer-cache."));

    public static final List<Key<?>> KEYS = List.copyOf(DECLARED.list());

    /**
     * The application's URL.
     *
     * @param key signs requests
     * @param ca file with the authorities that are trusted; null: those of the JVM
     * @param timeout for an answer
     */
    public record Http(URI url, String key, @Nullable Path ca, Duration timeout) {
        /** Whether {@link KeyFormat#guessable} finds the key weak. */
        public boolean guessable() {
            return KeyFormat.guessable(Text.utf8(key));
        }

        /** Does not show the key. */
        @Override
        public String toString() {
            return "Http[url=" + PrintableUrl.of(url.toString()) + "]";
        }
    }

    /** @throws ConfigException for the first value that breaks its rule */
    public static AuthorizerConfig of(Settings settings) {
        Optional<String> url = settings.find(URL);
        Optional<String> key = KeyText.of(settings, KEY, KEY_FILE);
        Optional<Path> ca = settings.find(CA);
        // Read in any case, so that a bad value is refused also without a URL.
        Duration timeout = settings.get(TIMEOUT);
        if (url.isEmpty()) {
            if (key.isPresent()) {
                throw new ConfigException(KEY.name(), "(hidden)", "must not be set without authorizer");
            }
            if (ca.isPresent()) {
                throw new ConfigException(CA, ca.get(), "must not be set without authorizer");
            }
            return of(settings, null);
        }
        if (key.isEmpty()) {
            throw new ConfigException(
                    KEY.name(),
                    "(none)",
                    "must be given (or --authorizer-key-file) with authorizer: it signs requests");
        }
        if (key.get().length() < MIN_KEY_LENGTH) {
            throw new ConfigException(KEY.name(), "(hidden)", "must have at least " + MIN_KEY_LENGTH + " characters");
        }
        ca.ifPresent(AuthorizerConfig::check);
        URI checked = JwksConfig.checkedUrl(URL.name(), url.get(), "https://app.example.com/authorize");
        return of(settings, new Http(checked, key.get(), ca.orElse(null), timeout));
    }

    private static void check(Path ca) {
        try {
            Objects.requireNonNull(VerifiedTls.trusting(ca));
        } catch (IllegalArgumentException e) {
            throw new ConfigException(CA, ca, "must be a PEM file of certificates: " + e.getMessage());
        }
    }

    private static AuthorizerConfig of(Settings settings, @Nullable Http http) {
        return new AuthorizerConfig(http, settings.get(CACHE), settings.get(UNAVAILABLE), settings.get(STALE));
    }
}
