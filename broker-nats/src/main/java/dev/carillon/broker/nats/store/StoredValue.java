package dev.carillon.broker.nats.store;

import dev.carillon.broker.Store;
import dev.carillon.broker.UnreadableException;
import dev.carillon.broker.nats.connection.StoredMessage;
import dev.carillon.scope.Tenant;
import io.nats.client.impl.Headers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;

/**
 * A value of the store in its message: the length of the key's name in two bytes, the name (the subject has only its hash), the value.
 * The removal mark and the time to live are headers, because sweeping reads nothing else.
 *
 * @param ttlMillis 0: no expiry
 * @param revision 0 before it is stored
 * @param atMillis the server's time of the message
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record StoredValue(String name, byte[] value, long ttlMillis, boolean removed, long revision, long atMillis) {
    private static final String TTL = "Carillon-Ttl";
    private static final String REMOVED = "Carillon-Removed";

    public static StoredValue of(String name, byte[] value, Duration ttl) {
        return new StoredValue(name, value, ttl.toMillis(), false, 0, 0);
    }

    public static StoredValue removed(String name) {
        return new StoredValue(name, new byte[0], 0, true, 0, 0);
    }

    public static StoredValue of(StoredMessage stored) {
        byte[] data = stored.data();
        return UnreadableException.reading("a value of the store", () -> {
            int length = Short.toUnsignedInt(ByteBuffer.wrap(data).getShort());
            return new StoredValue(
                    new String(data, Short.BYTES, length, StandardCharsets.UTF_8),
                    Arrays.copyOfRange(data, Short.BYTES + length, data.length),
                    ttl(stored),
                    isRemoval(stored),
                    stored.sequence(),
                    stored.atMillis());
        });
    }

    public static boolean isRemoval(StoredMessage stored) {
        return stored.header(REMOVED) != null;
    }

    /** The time to live of a message, with or without its body; 0: no expiry. */
    public static long ttl(StoredMessage stored) {
        String ttl = stored.header(TTL);
        return ttl == null ? 0 : UnreadableException.reading("a time to live", () -> Long.parseLong(ttl));
    }

    public boolean lives(long nowMillis) {
        return !removed && (ttlMillis == 0 || nowMillis < atMillis + ttlMillis);
    }

    public Headers headers() {
        Headers headers = new Headers();
        if (ttlMillis > 0) {
            headers.put(TTL, Long.toString(ttlMillis));
        }
        return removed ? headers.put(REMOVED, "1") : headers;
    }

    public byte[] encode() {
        byte[] key = name.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(Short.BYTES + key.length + value.length)
                .putShort((short) key.length)
                .put(key)
                .put(value)
                .array();
    }

    /** The key of a value of this kind; its name comes from the message. */
    public Store.Key key(Tenant tenant, String kind) {
        return UnreadableException.reading("the name of a value", () -> new Store.Key(tenant, kind, name));
    }

    public Store.Entry entry(Store.Key key) {
        return new Store.Entry(key, value, revision);
    }
}
