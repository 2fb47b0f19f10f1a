package dev.carillon.broker.nats;

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
 * <p>What a client can choose is hashed: a subject that is too long or malformed, once refused, leaves a connection deaf after
 * its next reconnect, and subjects give a meaning to dots, stars and spaces. The real names are in the messages.
 */
final class Subjects {
    static final String STORE = "CARILLON_STORE";
    static final String EPOCHS = "CARILLON_EPOCHS";
    private static final String RETAINED_PREFIX = "CARILLON_RETAINED_";

    /** The key of events with several scopes: one message has one subject, and one append must have one position. */
    static final String MULTI = "multi";
    /** The key of events that are retained, so that their order can be read without the others: see {@link RetainedEvents}. */
    static final String KEPT = "kept";
    /** The last token of a subscription to everything. */
    static final String ALL = "*";

    private static final String LOG_SUBJECT = "carillon.log.";
    private static final String PLACE_SUBJECT = "carillon.place.";
    private static final String LIVE_SUBJECT = "carillon.live.";
    private static final String STORE_SUBJECT = "carillon.store.";
    private static final String WATCH_SUBJECT = "carillon.watch.";

    private Subjects() {}

    /** A tenant as one token of a subject and as a part of a stream's name; different tenants give different tokens. */
    static String token(Tenant tenant) {
        return tenant.name().replace("_", "__").replace(".", "_d");
    }

    /** 43 characters of base64url: the SHA-256 of a name. */
    static String hash(String name) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    static String key(Scope scope) {
        return hash(scope.text());
    }

    static String key(Event event) {
        if (event.retain()) {
            return KEPT;
        }
        return event.scopes().size() > 1 ? MULTI : key(event.scopes().getFirst());
    }

    static String logStream(Tenant tenant) {
        return "CARILLON_LOG_" + token(tenant);
    }

    /** Where events of an epoch are appended. Once the stream takes another epoch's, nothing takes these: that fences. */
    static String log(Tenant tenant, long epoch, String key) {
        return LOG_SUBJECT + token(tenant) + "." + epoch + "." + key;
    }

    static String logOfEveryEpoch(Tenant tenant, String key) {
        return LOG_SUBJECT + token(tenant) + ".*." + key;
    }

    /** Where the server republishes what it has appended. */
    static String live(Tenant tenant, String key) {
        return LIVE_SUBJECT + token(tenant) + "." + key;
    }

    static String liveTemplate(Tenant tenant) {
        return live(tenant, "{{wildcard(2)}}");
    }

    static String idStream(Tenant tenant) {
        return "CARILLON_PLACES_" + token(tenant);
    }

    static String id(Tenant tenant, String id, Scope scope) {
        return PLACE_SUBJECT + token(tenant) + "." + hash(id) + "." + key(scope);
    }

    static String idOfEveryScope(Tenant tenant, String id) {
        return PLACE_SUBJECT + token(tenant) + "." + hash(id) + ".*";
    }

    static String idsOfTenant(Tenant tenant) {
        return PLACE_SUBJECT + token(tenant) + ".*.*";
    }

    /** What was broadcast with an idempotency key; no hash of an id is as short as its first token. */
    static String repeat(Tenant tenant, String fingerprint) {
        return PLACE_SUBJECT + token(tenant) + ".repeat." + fingerprint;
    }

    static String retainedStream(Tenant tenant) {
        return RETAINED_PREFIX + token(tenant);
    }

    static String retained(Tenant tenant, String key) {
        return "carillon.kept." + token(tenant) + "." + key;
    }

    static String retainedOfEveryTenant() {
        return "carillon.kept.*.*";
    }

    static String epochs(Tenant tenant) {
        return "carillon.epoch." + token(tenant);
    }

    /** In the stream of epochs, written to find out whether the server takes writes; no tenant has this token. */
    static String probe() {
        return "carillon.epoch._probe";
    }

    static String store(Store.Key key) {
        return store(key.tenant(), key.kind(), hash(key.name()));
    }

    static String store(Tenant tenant, String kind, String hash) {
        return STORE_SUBJECT + token(tenant) + "." + kind + "." + hash;
    }

    static String storeOfEveryTenant() {
        return STORE_SUBJECT + "*.*.*";
    }

    static String watch(Tenant tenant, String kind) {
        return WATCH_SUBJECT + token(tenant) + "." + kind + ".*";
    }

    static String watchTemplate() {
        return WATCH_SUBJECT + "{{wildcard(1)}}.{{wildcard(2)}}.{{wildcard(3)}}";
    }

    static String lastToken(String subject) {
        return subject.substring(subject.lastIndexOf('.') + 1);
    }

    /** The epoch in a subject that {@link #log} has made. */
    static long epoch(String logSubject) {
        int key = logSubject.lastIndexOf('.');
        return Long.parseLong(logSubject, logSubject.lastIndexOf('.', key - 1) + 1, key, 10);
    }
}
