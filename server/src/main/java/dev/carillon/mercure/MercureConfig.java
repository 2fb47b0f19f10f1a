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
 * The hub's configuration; cannot hold an invalid value.
 *
 * @param on whether the node is a hub
 * @param subscriber verifier of subscribers' tokens; empty: all subscribers are anonymous
 * @param publisher verifier of publishers' tokens; empty: publishing is off
 * @param anonymous whether clients without a token may subscribe
 * @param subscriptions whether active subscriptions are announced and listed
 * @param publishOrigins origins whose pages may publish with a cookie
 * @param ui whether the debugging page is served
 * @param strictStatus whether a stream is refused temporarily with 503, not with 200 and a delay
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
    /** The default of the reference hub and of the node. */
    private static final String ALGORITHM = "HS256";

    public MercureConfig {
        publishOrigins = Origins.checked(MercureKeys.PUBLISH_ORIGINS.name(), publishOrigins);
        cookie = MercureKeys.COOKIE.parse(cookie);
    }

    /**
     * Reads the settings.
     *
     * @param node verifier of the node's own tokens, which verifies the hub's tokens too unless the hub has keys of its own
     * @throws ConfigException for the first invalid value; its message shows no key
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
     * Whether the hub works without the node's key.
     *
     * @param anonymous whether clients without a token may connect to the node
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
                        side.jwks().name(), "(not shown)", "must not be given together with a key: " + either(side));
            }
            return Optional.of(JwksConfig.of(names(side, side.jwks()), jwks.get(), algorithms));
        }
        if (key.isPresent()) {
            if (algorithms.size() > 1) {
                throw new ConfigException(
                        side.algorithms().name(),
                        String.join(",", algorithms),
                        "must be one algorithm when " + either(side) + " is given");
            }
            String algorithm = algorithms.isEmpty() ? ALGORITHM : algorithms.getFirst();
            return Optional.of(JwtConfig.of(names(side, side.key()), algorithm, key.get(), false));
        }
        if (!algorithms.isEmpty()) {
            throw new ConfigException(
                    side.algorithms().name(),
                    String.join(",", algorithms),
                    "must be given together with " + either(side) + " or "
                            + side.jwks().name() + ": without them jwt-key and jwt-alg are used");
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
