package dev.carillon.broker.redis;

import dev.carillon.base.Text;
import dev.carillon.broker.Store;
import dev.carillon.scope.EventWire;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;

/**
 * Names on the server: {@code carillon:{tenant}:kind:name}. The tenant in braces puts all that one script touches into one slot.
 * Channels are named alike, but are of the server and not of a database, so theirs carries the number of the database.
 */
final class Keys {
    /** As the broker in memory has it. */
    static final int MAX_GONE = 10_000;

    private final String channels;

    Keys(int database) {
        this.channels = database == 0 ? "carillon:" : "carillon." + database + ":";
    }

    /** Epochs, sequence and floor of the log, and the last revision; never expires. */
    String meta(Tenant tenant) {
        return key(tenant, "meta", "");
    }

    /** A stream of {@code sequence-millis} with the events' bytes. */
    String log(Tenant tenant) {
        return key(tenant, "log", "");
    }

    /** A hash from scope to the bytes of its retained event; never expires. */
    String retained(Tenant tenant) {
        return key(tenant, "retained", "");
    }

    /** Position and digest of the event of a fingerprint; expires with the window of deduplication. */
    String repeat(Tenant tenant, String fingerprint) {
        return key(tenant, "repeat", fingerprint);
    }

    /**
     * A sorted set by sequence of the positions of a scope's events with an id that was given. It expires after twice the
     * age of the log, and loses what the log has lost when the id is given again, or when {@link #ids} are too many.
     */
    String places(Tenant tenant, Scope scope, String id) {
        return key(tenant, "places", EventWire.digest(Text.utf8(scope.text() + '\0' + id)));
    }

    /** A sorted set of the topics in which an id was given, by the last sequence; kept as {@link #places} is. */
    String scopes(Tenant tenant, String id) {
        return key(tenant, "scopes", EventWire.digest(Text.utf8(id)));
    }

    /**
     * A stream by sequence of the names of {@link #places} and {@link #scopes} of each event with an id. Of as many events as the log may
     * have, and {@value #MAX_GONE} more; then the oldest go, with what they name.
     */
    String ids(Tenant tenant) {
        return key(tenant, "ids", "");
    }

    /** The position of a scope's last event. */
    String last(Tenant tenant, Scope scope) {
        return key(tenant, "last", scope.text());
    }

    /**
     * A stream of {@code sequence-bound}, one entry for each event of a scope that the log has: no event of the scope lies
     * between the bound and the sequence, which tells what is missing before the first entry.
     */
    String index(Tenant tenant, Scope scope) {
        return key(tenant, "index", scope.text());
    }

    /** A value, after eight bytes of revision. */
    String value(Store.Key key) {
        return values(key.tenant(), key.kind()) + key.name();
    }

    String values(Tenant tenant, String kind) {
        return key(tenant, "store", kind + ":");
    }

    /** A sorted set of the names of a kind by the time at which they expire. */
    String kind(Tenant tenant, String kind) {
        return key(tenant, "kind", kind);
    }

    /** The channels of scopes begin so; the scope's text follows. */
    String live(Tenant tenant) {
        return channel(tenant, "live");
    }

    String all(Tenant tenant) {
        return channel(tenant, "all");
    }

    String changes(Tenant tenant, String kind) {
        return channel(tenant, "changes") + kind;
    }

    /** Written to find out whether the server takes writes. */
    String probe() {
        return key(Tenant.SYSTEM, "probe", "");
    }

    /** On which no one listens. */
    String probeChannel() {
        return channel(Tenant.SYSTEM, "probe");
    }

    private static String key(Tenant tenant, String kind, String name) {
        return "carillon:{" + tenant.name() + "}:" + kind + ":" + name;
    }

    private String channel(Tenant tenant, String kind) {
        return channels + "{" + tenant.name() + "}:" + kind + ":";
    }
}
