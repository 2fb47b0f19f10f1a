package dev.carillon.mercure;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Key;
import dev.carillon.base.Settings;
import dev.carillon.http.Origins;
import dev.carillon.jwt.JwksConfig;
import dev.carillon.jwt.JwtConfig;
import dev.carillon.jwt.KeyText;
import dev.carillon.jwt.RequiredClaims;
import dev.carillon.jwt.VerificationKey;
import dev.carillon.jwt.VerifierConfig;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Everything the hub is configured with; cannot hold a bad value.
 *
 * @param on whether there is a hub at all
 * @param subscriber with what subscribers' tokens are verified; empty: all subscribers are anonymous
 * @param publisher with what publishers' tokens are verified; empty: nobody publishes
 * @param anonymous whether clients without a token may subscribe
 * @param subscriptions whether active subscriptions are told
 * @param publishOrigins origins whose pages may publish with a cookie
 * @param ui whether the page for debugging is served
 * @param strictStatus whether a stream is refused for a time with 503
 * @param cookie name of the cookie that holds a token
 */
public record MercureConfig(
        boolean on,
        Optional<VerifierConfig> subscriber,
        Optional<VerifierConfig> publisher,
        boolean anonymous,
        boolean subscriptions,
        List<String> publishOrigins,
        boolean ui,
        boolean strictStatus,
        String cookie) {
    /** Without another the reference hub's default, and the node's. */
    private static final String ALGORITHM = "HS256";

    public MercureConfig {
        publishOrigins = Origins.checked(MercureKeys.PUBLISH_ORIGINS.name(), publishOrigins);
        cookie = MercureKeys.COOKIE.parse(cookie);
    }

    /**
     * From the settings.
     *
     * @param node with what the node's own tokens are verified: the hub's are so, too, where it has no keys of its own
     * @throws ConfigException for the first value that breaks its rule; it shows no key
     */
    public static MercureConfig of(Settings settings, JwtConfig node) {
        return new MercureConfig(
                settings.get(MercureKeys.MERCURE),
                verifier(settings, MercureKeys.SUBSCRIBER, node),
                settings.get(MercureKeys.PUBLISH) ? verifier(settings, MercureKeys.PUBLISHER, node) : Optional.empty(),
                settings.get(MercureKeys.ANONYMOUS) || node.anonymous(),
                settings.get(MercureKeys.SUBSCRIPTIONS),
                settings.get(MercureKeys.PUBLISH_ORIGINS),
                settings.get(MercureKeys.UI),
                settings.get(MercureKeys.STRICT_STATUS),
                settings.get(MercureKeys.COOKIE));
    }

    /**
     * Whether neither subscribers nor publishers need the node's key.
     *
     * @param anonymous whether the node lets clients without a token connect
     */
    public static boolean needsNoKey(Settings settings, boolean anonymous) {
        return settings.get(MercureKeys.MERCURE)
                && (hasKey(settings, MercureKeys.SUBSCRIBER) || anonymous || settings.get(MercureKeys.ANONYMOUS))
                && (hasKey(settings, MercureKeys.PUBLISHER) || !settings.get(MercureKeys.PUBLISH));
    }

    private static boolean hasKey(Settings settings, MercureKeys.Side side) {
        return Stream.of(side.key(), side.keyFile(), side.jwks())
                .anyMatch(key -> settings.text(key).isPresent());
    }

    /** Empty where neither the side nor the node has a key. */
    private static Optional<VerifierConfig> verifier(Settings settings, MercureKeys.Side side, JwtConfig node) {
        RequiredClaims required = new RequiredClaims(
                settings.text(MercureKeys.ISSUER).or(node.required()::issuer),
                settings.text(MercureKeys.AUDIENCE).or(node.required()::audience));
        return key(settings, side, node).map(key -> switch (key) {
            case JwtConfig jwt -> jwt.requiring(required);
            case JwksConfig jwks -> jwks.requiring(required);
        });
    }

    private static Optional<VerifierConfig> key(Settings settings, MercureKeys.Side side, JwtConfig node) {
        Optional<String> key = KeyText.of(settings, side.key(), side.keyFile());
        Optional<String> jwks = settings.text(side.jwks());
        List<String> algorithms = settings.get(side.algorithms());
        if (jwks.isPresent()) {
            if (key.isPresent()) {
                throw new ConfigException(
                        side.jwks().name(), "(not shown)", "must not be given beside a key: " + either(side));
            }
            return Optional.of(JwksConfig.of(names(side, side.jwks()), jwks.get(), algorithms));
        }
        if (key.isPresent()) {
            if (algorithms.size() > 1) {
                throw new ConfigException(
                        side.algorithms().name(),
                        String.join(",", algorithms),
                        "must be one algorithm, where " + either(side) + " is given");
            }
            String algorithm = algorithms.isEmpty() ? ALGORITHM : algorithms.getFirst();
            return Optional.of(JwtConfig.of(names(side, side.key()), algorithm, key.get(), false));
        }
        if (!algorithms.isEmpty()) {
            throw new ConfigException(
                    side.algorithms().name(),
                    String.join(",", algorithms),
                    "must be given beside " + either(side) + " or "
                            + side.jwks().name() + ": without them jwt-key serves, with jwt-alg");
        }
        return node.key() instanceof VerificationKey.None
                ? Optional.empty()
                : Optional.of(new JwtConfig(node.key(), false));
    }

    private static JwtConfig.Names names(MercureKeys.Side side, Key<?> key) {
        return new JwtConfig.Names(side.algorithms().name(), key.name());
    }

    private static String either(MercureKeys.Side side) {
        return side.key().name() + " or " + side.keyFile().name();
    }
}
