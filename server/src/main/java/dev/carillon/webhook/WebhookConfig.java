package dev.carillon.webhook;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Key;
import dev.carillon.base.Keys;
import dev.carillon.base.PrintableUrl;
import dev.carillon.base.Settings;
import dev.carillon.jwt.KeyText;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Settings of webhooks.
 *
 * @param secret signs requests
 * @param giveUp how long one request is repeated
 */
public record WebhookConfig(URI url, String secret, Duration giveUp) {
    private static final int MIN_SECRET = 16;
    private static final Keys DECLARED = new Keys();
    private static final Key<URI> URL = DECLARED.declare(Key.of(
            "webhook-url",
            "URL",
            null,
            "URL of the application to which changes of presence are posted: scopes occupied and vacated, users joined and left.",
            WebhookConfig::url));
    private static final Key<String> SECRET = DECLARED.declare(Key.secret(
            "webhook-secret",
            "TEXT",
            "Secret that signs requests to webhook-url, at least 16 characters, the same on every node."));
    private static final Key<String> SECRET_FILE = DECLARED.declare(
            Key.text("webhook-secret-file", "FILE", null, "File with the secret, instead of --webhook-secret."));
    private static final Key<Duration> GIVE_UP = DECLARED.declare(Key.duration(
            "webhook-give-up",
            "15m",
            Duration.ofSeconds(1),
            Duration.ofHours(1),
            "How long a request to webhook-url is repeated. The changes in it are then given up, counted and logged."));

    public static final List<Key<?>> KEYS = List.copyOf(DECLARED.list());

    /**
     * Empty without {@code webhook-url}.
     *
     * @throws ConfigException for a missing or short secret
     */
    public static Optional<WebhookConfig> of(Settings settings) {
        Optional<String> secret = KeyText.of(settings, SECRET, SECRET_FILE);
        Duration giveUp = settings.get(GIVE_UP);
        secret.ifPresent(text -> {
            if (text.length() < MIN_SECRET) {
                throw new ConfigException(SECRET, text, "must have at least " + MIN_SECRET + " characters");
            }
        });
        return settings.find(URL)
                .map(url -> new WebhookConfig(
                        url,
                        secret.orElseThrow(() -> new ConfigException(
                                SECRET.name(), "(none)", "must be given (or --webhook-secret-file) with webhook-url")),
                        giveUp));
    }

    /** Does not show the secret. */
    @Override
    public String toString() {
        return "WebhookConfig[url=" + PrintableUrl.of(url.toString()) + "]";
    }

    private static URI url(Key<?> key, String text) {
        try {
            URI url = URI.create(text);
            boolean http = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
            if (http && url.getHost() != null && url.getFragment() == null && url.getUserInfo() == null) {
                return url;
            }
        } catch (IllegalArgumentException e) {
            throw new ConfigException(key, PrintableUrl.of(text), "must be a URL");
        }
        throw new ConfigException(
                key, PrintableUrl.of(text), "must be an http or https URL, without user and fragment");
    }
}
