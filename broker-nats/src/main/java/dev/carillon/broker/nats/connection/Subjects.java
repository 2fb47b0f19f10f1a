package dev.carillon.broker.nats.connection;

import dev.carillon.broker.Store;
import dev.carillon.broker.nats.log.RetainedEvents;
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
 * <p>What a client can choose is hashed: a subject that is too long or malformed, once refused, leaves a connection deaf after
 * its next reconnect, and subjects give a meaning to dots, stars and spaces. The real names are in the messages.
 */
public final class Subjects {
    public static final String STORE = "CARILLON_STORE";
    public static final String EPOCHS = "CARILLON_EPOCHS";
    private static final String RETAINED_PREFIX = "CARILLON_RETAINED_";

    /** The key of events with several scopes: one message has one subject, and one append must have one position. */
    public static final String MULTI = "multi";
    /** The key of events that are retained, so that their order can be read without the others: see {@link RetainedEvents}. */
    public static final String KEPT = "kept";
    /** The last token of a subscription to everything. */
    public static final String ALL = "*";

    private static final String LOG_SUBJECT = "carillon.log.";
    private static final String PLACE_SUBJECT = "carillon.place.";
    private static final String LIVE_SUBJECT = "carillon.live.";
    private static final String STORE_SUBJECT = "carillon.store.";
    private static final String WATCH_SUBJECT = "carillon.watch.";

    private Subjects() {}

    /** A tenant as one token of a subject and as a part of a stream's name; different tenants give different tokens. */
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
            return KEPT;
        }
        return event.scopes().size() > 1 ? MULTI : key(event.scopes().getFirst());
    }

    public static String logStream(Tenant tenant) {
        return "CARILLON_LOG_" + token(tenant);
    }

    /** Where events of an epoch are appended. Once the stream takes another epoch's, nothing takes these: that fences. */
    public static String log(Tenant tenant, long epoch, String key) {
        return LOG_SUBJECT + token(tenant) + "." + epoch + "." + key;
    }

    public static String logOfEveryEpoch(Tenant tenant, String key) {
        return LOG_SUBJECT + token(tenant) + ".*." + key;
    }

    /** Where the server republishes what it has appended. */
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

    /** What was broadcast with an idempotency key; no hash of an id is as short as its first token. */
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

    /** In the stream of epochs, written to find out whether the server takes writes; no tenant has this token. */
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

    /** The epoch in a subject that {@link #log} has made. */
    public static long epoch(String logSubject) {
        int key = logSubject.lastIndexOf('.');
        return Long.parseLong(logSubject, logSubject.lastIndexOf('.', key - 1) + 1, key, 10);
    }
}
