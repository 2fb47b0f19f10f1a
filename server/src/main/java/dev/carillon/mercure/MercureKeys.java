package dev.carillon.mercure;

import dev.carillon.base.Key;
import java.util.List;

/** Every key by which the hub is configured; some have the reference hub's variables, too. */
public final class MercureKeys {
    /** The keys for the tokens of one side, those who publish or those who subscribe. */
    record Side(Key key, Key keyFile, Key algorithms, Key jwks) {}

    static final Key MERCURE =
            Key.of("mercure", "STATE", "on", "Whether the node is a Mercure hub, at /.well-known/mercure: on or off.");
    static final Key PUBLISH = Key.of(
            "mercure-publish", "STATE", "on", "Whether the hub takes updates by POST: on, or off, which answers 405.");
    static final Side PUBLISHER = new Side(
            Key.secret(
                            "mercure-publisher-key",
                            "KEY",
                            "Key that verifies publishers' tokens, a shared secret, or a public key or certificate as PEM; where neither it, its file nor a JWKS is given, jwt-key serves, with jwt-alg.")
                    .orBy("MERCURE_PUBLISHER_JWT_KEY"),
            Key.of("mercure-publisher-key-file", "FILE", null, "File that holds the key of publishers' tokens."),
            Key.of(
                            "mercure-publisher-alg",
                            "ALG[,ALG...]",
                            null,
                            "The one algorithm of publishers' tokens, without it HS256; with a JWKS those that are accepted, without it all RS, PS, ES and EdDSA.")
                    .orBy("MERCURE_PUBLISHER_JWT_ALG"),
            Key.of(
                            "mercure-publisher-jwks",
                            "URL",
                            null,
                            "Where the public keys of publishers' tokens are fetched, instead of a key: https, or http on this machine.")
                    .orBy("MERCURE_PUBLISHER_JWKS_URL"));
    static final Side SUBSCRIBER = new Side(
            Key.secret(
                            "mercure-subscriber-key",
                            "KEY",
                            "Key that verifies subscribers' tokens, a shared secret, or a public key or certificate as PEM; where neither it, its file nor a JWKS is given, jwt-key serves, with jwt-alg.")
                    .orBy("MERCURE_SUBSCRIBER_JWT_KEY"),
            Key.of("mercure-subscriber-key-file", "FILE", null, "File that holds the key of subscribers' tokens."),
            Key.of(
                            "mercure-subscriber-alg",
                            "ALG[,ALG...]",
                            null,
                            "The one algorithm of subscribers' tokens, without it HS256; with a JWKS those that are accepted, without it all RS, PS, ES and EdDSA.")
                    .orBy("MERCURE_SUBSCRIBER_JWT_ALG"),
            Key.of(
                            "mercure-subscriber-jwks",
                            "URL",
                            null,
                            "Where the public keys of subscribers' tokens are fetched, instead of a key: https, or http on this machine.")
                    .orBy("MERCURE_SUBSCRIBER_JWKS_URL"));
    static final Key ISSUER = Key.of(
            "mercure-issuer", "TEXT", null, "What the claim iss of the hub's tokens must be; default: as jwt-issuer.");
    static final Key AUDIENCE = Key.of(
            "mercure-audience",
            "TEXT",
            null,
            "What must be among the claim aud of the hub's tokens; default: as jwt-audience.");
    static final Key ANONYMOUS = Key.flag(
            "mercure-anonymous", "Let clients without a token subscribe and have public updates, as --anonymous does.");
    static final Key SUBSCRIPTIONS = Key.flag(
            "mercure-subscriptions",
            "Tell of active subscriptions, by updates and at /.well-known/mercure/subscriptions.");
    static final Key PUBLISH_ORIGINS = Key.of(
            "mercure-publish-origins",
            "ORIGIN[,ORIGIN...]",
            "",
            "Origins whose pages may publish at the hub with a token in a cookie; without them none may, the node's own pages neither.");
    public static final Key UI = Key.flag(
            "mercure-ui",
            "Serve a page for debugging at /.well-known/mercure/ui/: not in production; up switches it on.");
    static final Key STRICT_STATUS = Key.flag(
            "mercure-strict-status",
            "Refuse a stream for a time with 503, after which an EventSource gives up, and not with 200 and a delay.");
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

    /** A variable of the reference hub that holds parts of its configuration: it can only be translated by hand. */
    public static final String EXTRA_DIRECTIVES = "MERCURE_EXTRA_DIRECTIVES";

    private MercureKeys() {}
}
