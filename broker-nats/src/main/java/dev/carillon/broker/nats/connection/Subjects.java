package dev.carillon.broker.nats.connection;

import dev.carillon.broker.Store;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * Names of streams and subjects.
 *
 * <p>Names that a client can choose are hashed: a refused subject, too long or malformed, makes a connection receive nothing after its
 * next reconnect, and subjects give a meaning to dots, stars and spaces. The messages contain the real names.
 */
public final class Subjects {
    public static final String STORE = "CARILLON_STORE";
    public static final String EPOCHS = "CARILLON_EPOCHS";
    private static final String RETAINED_PREFIX = "CARILLON_RETAINED_";

    /** Key of events with several scopes: a message has one subject, and an append must have one position. */
    public static final String MULTI = "multi";
    /** Key of retained events, so that they can be read in order without the others. */
    public static final String RETAINED = "kept";
    /** Last token of a subscription to all events. */
    public static final String ALL = "*";

    private static final String LOG_SUBJECT = "carillon.log.";
    private static final String PLACE_SUBJECT = "carillon.place.";
    private static final String LIVE_SUBJECT = "carillon.live.";
    private static final String STORE_SUBJECT = "carillon.store.";
    private static final String WATCH_SUBJECT = "carillon.watch.";

    private Subjects() {}

    /** The tenant as one token of a subject and as part of a stream's name; injective. */
    public static String token(Tenant tenant) {
        return tenant.name().replace("_", "__").replace(".", "_d");
    }

    /** 43 characters of base64url: the SHA-256 of a name. */
    public static String hash(String name) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    public static String key(Scope scope) {
        return hash(scope.text());
    }

    public static String key(Event event) {
        if (event.retain()) {
            return RETAINED;
        }
        return event.scopes().size() > 1 ? MULTI : key(event.scopes().getFirst());
    }

    public static String logStream(Tenant tenant) {
        return "CARILLON_LOG_" + token(tenant);
    }

    /**
     * The subject on which events of an epoch are appended. Once the stream takes another epoch's subjects, none takes these: that fences
     * old writers.
     */
    public static String log(Tenant tenant, long epoch, String key) {
        return LOG_SUBJECT + token(tenant) + "." + epoch + "." + key;
    }

    public static String logOfEveryEpoch(Tenant tenant, String key) {
        return LOG_SUBJECT + token(tenant) + ".*." + key;
    }

    /** The subject on which the server republishes appended events. */
    public static String live(Tenant tenant, String key) {
        return LIVE_SUBJECT + token(tenant) + "." + key;
    }

    public static String liveTemplate(Tenant tenant) {
        return live(tenant, "{{wildcard(2)}}");
    }

    public static String idStream(Tenant tenant) {
        return "CARILLON_PLACES_" + token(tenant);
    }

    public static String id(Tenant tenant, String id, Scope scope) {
        return PLACE_SUBJECT + token(tenant) + "." + hash(id) + "." + key(scope);
    }

    public static String idOfEveryScope(Tenant tenant, String id) {
        return PLACE_SUBJECT + token(tenant) + "." + hash(id) + ".*";
    }

    public static String idsOfTenant(Tenant tenant) {
        return PLACE_SUBJECT + token(tenant) + ".*.*";
    }

    /** The subject of a broadcast with an idempotency key; hashes of ids are longer than its first token. */
    public static String repeat(Tenant tenant, String fingerprint) {
        return PLACE_SUBJECT + token(tenant) + ".repeat." + fingerprint;
    }

    public static String retainedStream(Tenant tenant) {
        return RETAINED_PREFIX + token(tenant);
    }

    public static String retained(Tenant tenant, String key) {
        return "carillon.kept." + token(tenant) + "." + key;
    }

    public static String retainedOfEveryTenant() {
        return "carillon.kept.*.*";
    }

    public static String epochs(Tenant tenant) {
        return "carillon.epoch." + token(tenant);
    }

    /** Probe in the stream of epochs that shows whether the server accepts writes; no tenant has this token. */
    public static String probe() {
        return "carillon.epoch._probe";
    }

    public static String store(Store.Key key) {
        return store(key.tenant(), key.kind(), hash(key.name()));
    }

    public static String store(Tenant tenant, String kind, String hash) {
        return STORE_SUBJECT + token(tenant) + "." + kind + "." + hash;
    }

    public static String storeOfEveryTenant() {
        return STORE_SUBJECT + "*.*.*";
    }

    public static String watch(Tenant tenant, String kind) {
        return WATCH_SUBJECT + token(tenant) + "." + kind + ".*";
    }

    public static String watchTemplate() {
        return WATCH_SUBJECT + "{{wildcard(1)}}.{{wildcard(2)}}.{{wildcard(3)}}";
    }

    public static String lastToken(String subject) {
        return subject.substring(subject.lastIndexOf('.') + 1);
    }

    /** The epoch in a subject created by {@link #log}. */
    public static long epoch(String logSubject) {
        int key = logSubject.lastIndexOf('.');
        return Long.parseLong(logSubject, logSubject.lastIndexOf('.', key - 1) + 1, key, 10);
    }
}
