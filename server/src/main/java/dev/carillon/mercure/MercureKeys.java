package dev.carillon.mercure;

import dev.carillon.base.Key;
import java.util.List;

/** The configuration keys of the hub; some can also be set by the reference hub's environment variables. */
public final class MercureKeys {
    /** The keys for the tokens of publishers, or of subscribers. */
    record Side(Key key, Key keyFile, Key algorithms, Key jwks) {}

    static final Key MERCURE =
            Key.of("mercure", "STATE", "on", "Whether the node is a Mercure hub, at /.well-known/mercure: on or off.");
    static final Key PUBLISH = Key.of(
            "mercure-publish",
            "STATE",
            "on",
            "Whether the hub accepts updates by POST: on, or off, which answers 405.");
    static final Side PUBLISHER = new Side(
            Key.secret(
                            "mercure-publisher-key",
                            "KEY",
                            "Key that verifies publishers' tokens, a shared secret, or a public key or certificate as PEM; without it, its file and a JWKS, jwt-key and jwt-alg are used.")
                    .orBy("MERCURE_PUBLISHER_JWT_KEY"),
            Key.of("mercure-publisher-key-file", "FILE", null, "File that holds the key of publishers' tokens."),
            Key.of(
                            "mercure-publisher-alg",
                            "ALG[,ALG...]",
                            null,
                            "Algorithm of publishers' tokens, default HS256; with a JWKS the accepted algorithms, default all RS, PS, ES and EdDSA.")
                    .orBy("MERCURE_PUBLISHER_JWT_ALG"),
            Key.of(
                            "mercure-publisher-jwks",
                            "URL",
                            null,
                            "URL of the public keys (JWKS) of publishers' tokens, instead of a key: https, or http on this machine.")
                    .orBy("MERCURE_PUBLISHER_JWKS_URL"));
    static final Side SUBSCRIBER = new Side(
            Key.secret(
                            "mercure-subscriber-key",
                            "KEY",
                            "Key that verifies subscribers' tokens, a shared secret, or a public key or certificate as PEM; without it, its file and a JWKS, jwt-key and jwt-alg are used.")
                    .orBy("MERCURE_SUBSCRIBER_JWT_KEY"),
            Key.of("mercure-subscriber-key-file", "FILE", null, "File that holds the key of subscribers' tokens."),
            Key.of(
                            "mercure-subscriber-alg",
                            "ALG[,ALG...]",
                            null,
                            "Algorithm of subscribers' tokens, default HS256; with a JWKS the accepted algorithms, default all RS, PS, ES and EdDSA.")
                    .orBy("MERCURE_SUBSCRIBER_JWT_ALG"),
            Key.of(
                            "mercure-subscriber-jwks",
                            "URL",
                            null,
                            "URL of the public keys (JWKS) of subscribers' tokens, instead of a key: https, or http on this machine.")
                    .orBy("MERCURE_SUBSCRIBER_JWKS_URL"));
    static final Key ISSUER =
            Key.of("mercure-issuer", "TEXT", null, "Required claim iss of the hub's tokens; default: jwt-issuer.");
    static final Key AUDIENCE = Key.of(
            "mercure-audience",
            "TEXT",
            null,
            "Required value of the claim aud of the hub's tokens; default: jwt-audience.");
    static final Key ANONYMOUS = Key.flag(
            "mercure-anonymous", "Let clients without a token subscribe to public updates, as --anonymous does.");
    static final Key SUBSCRIPTIONS = Key.flag(
            "mercure-subscriptions",
            "Announce active subscriptions by updates, and list them at /.well-known/mercure/subscriptions.");
    static final Key PUBLISH_ORIGINS = Key.of(
            "mercure-publish-origins",
            "ORIGIN[,ORIGIN...]",
            "",
            "Origins whose pages may publish at the hub with a token in a cookie; default: none, not even the node's own.");
    public static final Key UI = Key.flag(
            "mercure-ui",
            "Serve a debugging page at /.well-known/mercure/ui/; not for production; the command up switches it on.");
    static final Key STRICT_STATUS = Key.flag(
            "mercure-strict-status",
            "Refuse a stream temporarily with 503, after which an EventSource gives up, instead of 200 and a delay.");
    static final Key COOKIE =
            Key.of("mercure-cookie", "NAME", "mercureAuthorization", "Name of the cookie that holds a token.");

    public static final List<Key> ALL = List.of(
            MERCURE,
            PUBLISH,
            PUBLISHER.key(),
            PUBLISHER.keyFile(),
            PUBLISHER.algorithms(),
            PUBLISHER.jwks(),
            SUBSCRIBER.key(),
            SUBSCRIBER.keyFile(),
            SUBSCRIBER.algorithms(),
            SUBSCRIBER.jwks(),
            ISSUER,
            AUDIENCE,
            ANONYMOUS,
            SUBSCRIPTIONS,
            PUBLISH_ORIGINS,
            UI,
            STRICT_STATUS,
            COOKIE);

    /** An environment variable of the reference hub with parts of its configuration, which has to be translated by hand. */
    public static final String EXTRA_DIRECTIVES = "MERCURE_EXTRA_DIRECTIVES";

    private MercureKeys() {}
}
