package dev.carillon.broker.redis.script;

import dev.carillon.base.Text;
import dev.carillon.broker.Chain;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Store;
import dev.carillon.scope.Event;
import dev.carillon.scope.EventWire;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.HashSet;
import java.util.Set;
import java.util.function.IntFunction;

/**
 * Names on the server: {@code carillon:{tenant}:kind:name}, with {@code redis-prefix} first. The tenant in braces puts everything that one
 * script touches into one slot. Channels have similar names, but belong to the server and not to a database, so theirs contain the number of
 * the database. A prefix has neither colon, dot nor brace, so names of two prefixes never meet.
 */
public final class Keys {
    /** The same limit as in the in-memory broker. */
    public static final int MAX_TRIMMED = 10_000;

    private final String keys;
    private final String channels;
    private final IntFunction<String> probeTag;

    public Keys(String prefix, int database) {
        this(prefix, database, attempt -> Tenant.SYSTEM.name());
    }

    /** @param probeTag what {@link #probe} has in place of a tenant: it selects the slot, by attempt */
    public Keys(String prefix, int database, IntFunction<String> probeTag) {
        this.probeTag = probeTag;
        this.keys = prefix + ":{";
        this.channels = database == 0 ? keys : prefix + "." + database + ":{";
    }

    /** The chain that links the events of an interest. */
    public static Chain chain(Interest interest) {
        Scope scope = interest.scope();
        return new Chain(interest.tenant(), scope == null ? "*" : scope.text());
    }

    public static Set<Chain> chains(Interest interest) {
        return Set.of(chain(interest));
    }

    public static Set<Chain> chains(Event event) {
        Set<Chain> chains = HashSet.newHashSet(event.scopes().size() + 1);
        event.scopes().forEach(scope -> chains.add(chain(Interest.in(event.tenant(), scope))));
        chains.add(chain(Interest.all(event.tenant())));
        return chains;
    }

    /** Epochs, sequence and floor of the log, and the last revision; never expires. */
    public String meta(Tenant tenant) {
        return key(tenant, "meta", "");
    }

    /** A stream of {@code sequence-millis} with the events' bytes. */
    public String log(Tenant tenant) {
        return key(tenant, "log", "");
    }

    /** A hash from scope to the bytes of its retained event; never expires. */
    public String retained(Tenant tenant) {
        return key(tenant, "retained", "");
    }

    /** Position and digest of the event with a fingerprint; expires with the deduplication window. */
    public String repeat(Tenant tenant, String fingerprint) {
        return key(tenant, "repeat", fingerprint);
    }

    /**
     * A sorted set, by sequence, of the positions of a scope's events with a given id. Expires after twice the age of the log. Trimmed
     * positions are removed when the id is used again, or when {@link #ids} is full.
     */
    public String positions(Tenant tenant, Scope scope, String id) {
        return key(tenant, "places", EventWire.digest(Text.utf8(scope.text() + '\0' + id)));
    }

    /** A sorted set of the topics in which an id was used, by last sequence; retained like {@link #positions}. */
    public String scopes(Tenant tenant, String id) {
        return key(tenant, "scopes", EventWire.digest(Text.utf8(id)));
    }

    /**
     * A stream, by sequence, of the names of {@link #positions} and {@link #scopes} of each event with an id. It has entries for a full
     * log and {@value #MAX_TRIMMED} more; beyond that, the oldest are removed together with the positions that they name.
     */
    public String ids(Tenant tenant) {
        return key(tenant, "ids", "");
    }

    /** The position of a scope's last event. */
    public String last(Tenant tenant, Scope scope) {
        return key(tenant, "last", scope.text());
    }

    /**
     * A stream of {@code sequence-bound}, with one entry per event of a scope in the log: no event of the scope lies between the bound
     * and the sequence, which reveals missing events before the first entry.
     */
    public String index(Tenant tenant, Scope scope) {
        return key(tenant, "index", scope.text());
    }

    /** A value, after eight bytes of revision. */
    public String value(Store.Key key) {
        return values(key.tenant(), key.kind()) + key.name();
    }

    public String values(Tenant tenant, String kind) {
        return key(tenant, "store", kind + ":");
    }

    /** A sorted set of the names of a kind by the time at which they expire. */
    public String kind(Tenant tenant, String kind) {
        return key(tenant, "kind", kind);
    }

    /** Prefix of the channels of scopes; the scope's text follows. */
    public String live(Tenant tenant) {
        return channel(tenant, "live");
    }

    public String all(Tenant tenant) {
        return channel(tenant, "all");
    }

    public String changes(Tenant tenant, String kind) {
        return channel(tenant, "changes") + kind;
    }

    /** Written to detect whether the server accepts writes. */
    public String probe() {
        return probe(0);
    }

    /** @param attempt 0 for the first; in a cluster, the second is in another slot of the server */
    public String probe(int attempt) {
        return keys + probeTag.apply(attempt) + "}:probe:";
    }

    /** A channel without subscribers. */
    public String probeChannel() {
        return channels + probeTag.apply(0) + "}:probe:";
    }

    /** The part of a key from which a script builds it again, with the prefix of another key of the tenant. */
    public String withoutTenant(Tenant tenant, String key) {
        return key.substring(prefix(tenant).length());
    }

    private String key(Tenant tenant, String kind, String name) {
        return prefix(tenant) + kind + ":" + name;
    }

    private String prefix(Tenant tenant) {
        return keys + tenant.name() + "}:";
    }

    private String channel(Tenant tenant, String kind) {
        return channels + tenant.name() + "}:" + kind + ":";
    }
}
