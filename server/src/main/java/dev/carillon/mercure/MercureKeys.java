package dev.carillon.mercure;

import dev.carillon.base.Key;
import dev.carillon.base.Keys;
import java.util.List;

/** The configuration keys of the hub; some can also be set by the reference hub's environment variables. */
public final class MercureKeys {
    /** The keys for the tokens of publishers, or of subscribers. */
    record Side(Key<String> key, Key<String> keyFile, Key<List<String>> algorithms, Key<String> jwks) {}

    private static final Keys KEYS = new Keys();

    static final Key<Boolean> MERCURE = KEYS.declare(
            Key.onOff("mercure", "on", "Whether the node is a Mercure hub, at /.well-known/mercure: on or off."));
    static final Key<Boolean> PUBLISH = KEYS.declare(Key.onOff(
            "mercure-publish", "on", "Whether the hub accepts updates by POST: on, or off, which answers 405."));
    static final Side PUBLISHER = new Side(
            KEYS.declare(Key.secret(
                            "mercure-publisher-key",
                            "KEY",
                            "Key that verifies publishers' tokens, a shared secret, or a public key or certificate as PEM; without it, its file and a JWKS, jwt-key and jwt-alg are used.")
                    .alias("MERCURE_PUBLISHER_JWT_KEY")),
            KEYS.declare(Key.text(
                    "mercure-publisher-key-file", "FILE", null, "File that holds the key of publishers' tokens.")),
            KEYS.declare(Key.list(
                            "mercure-publisher-alg",
                            "ALG",
                            "Algorithm of publishers' tokens, default HS256; with a JWKS the accepted algorithms, default all RS, PS, ES and EdDSA.")
                    .alias("MERCURE_PUBLISHER_JWT_ALG")),
            KEYS.declare(Key.text(
                            "mercure-publisher-jwks",
                            "URL",
                            null,
                            "URL of the public keys (JWKS) of publishers' tokens, instead of a key: https, or http on this machine.")
                    .alias("MERCURE_PUBLISHER_JWKS_URL")));
    static final Side SUBSCRIBER = new Side(
            KEYS.declare(Key.secret(
                            "mercure-subscriber-key",
                            "KEY",
                            "Key that verifies subscribers' tokens, a shared secret, or a public key or certificate as PEM; without it, its file and a JWKS, jwt-key and jwt-alg are used.")
                    .alias("MERCURE_SUBSCRIBER_JWT_KEY")),
            KEYS.declare(Key.text(
                    "mercure-subscriber-key-file", "FILE", null, "File that holds the key of subscribers' tokens.")),
            KEYS.declare(Key.list(
                            "mercure-subscriber-alg",
                            "ALG",
                            "Algorithm of subscribers' tokens, default HS256; with a JWKS the accepted algorithms, default all RS, PS, ES and EdDSA.")
                    .alias("MERCURE_SUBSCRIBER_JWT_ALG")),
            KEYS.declare(Key.text(
                            "mercure-subscriber-jwks",
                            "URL",
                            null,
                            "URL of the public keys (JWKS) of subscribers' tokens, instead of a key: https, or http on this machine.")
                    .alias("MERCURE_SUBSCRIBER_JWKS_URL")));
    static final Key<String> ISSUER = KEYS.declare(
            Key.text("mercure-issuer", "TEXT", null, "Required claim iss of the hub's tokens; default: jwt-issuer."));
    static final Key<String> AUDIENCE = KEYS.declare(Key.text(
            "mercure-audience",
            "TEXT",
            null,
            "Required value of the claim aud of the hub's tokens; default: jwt-audience."));
    static final Key<Boolean> ANONYMOUS = KEYS.declare(Key.flag(
            "mercure-anonymous", "Let clients without a token subscribe to public updates, as --anonymous does."));
    static final Key<Boolean> SUBSCRIPTIONS = KEYS.declare(Key.flag(
            "mercure-subscriptions",
            "Announce active subscriptions by updates, and list them at /.well-known/mercure/subscriptions."));
    static final Key<List<String>> PUBLISH_ORIGINS = KEYS.declare(
            Key.list(
                    "mercure-publish-origins",
                    "ORIGIN",
                    "Origins whose pages may publish at the hub with a token in a cookie; default: none, not even the node's own."));
    public static final Key<Boolean> UI = KEYS.declare(Key.flag(
            "mercure-ui",
            "Serve a debugging page at /.well-known/mercure/ui/; not for production; the command up switches it on."));
    static final Key<Boolean> STRICT_STATUS = KEYS.declare(Key.flag(
            "mercure-strict-status",
            "Refuse a stream temporarily with 503, after which an EventSource gives up, instead of 200 and a delay."));
    static final Key<String> COOKIE = KEYS.declare(Key.matching(
            "mercure-cookie",
            "NAME",
            "mercureAuthorization",
            "[A-Za-z0-9_.-]{1,64}",
            "must be 1 to 64 letters, digits, '.', '_' or '-'",
            "Name of the cookie that holds a token."));

    public static final List<Key<?>> ALL = KEYS.list();

    /** An environment variable of the reference hub with parts of its configuration, which has to be translated by hand. */
    public static final String EXTRA_DIRECTIVES = "MERCURE_EXTRA_DIRECTIVES";

    private MercureKeys() {}
}
