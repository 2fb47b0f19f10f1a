package dev.carillon.broker.redis.script;

import dev.carillon.broker.Live;
import dev.carillon.broker.Store;
import dev.carillon.scope.EventWire;
import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Decodes what the scripts write: events as {@link EventWire} with their position, live ones after eight bytes with the channel's
 * previous sequence; values after eight bytes of revision; changes as revision (0: removed), length of the name, name and value. Lengths
 * precede what they measure, so no content can break a frame.
 */
public final class Frames {
    private static final int LONG = Long.BYTES;

    private Frames() {}

    public static long previous(byte[] frame) {
        return ByteBuffer.wrap(frame).getLong();
    }

    /** The event's bytes in a live frame. */
    public static byte[] wire(byte[] frame) {
        return Arrays.copyOfRange(frame, LONG, frame.length);
    }

    /** Whether two live frames contain the same event, sent to two channels. */
    public static boolean sameEvent(byte[] one, byte[] other) {
        return one.length >= LONG
                && other.length >= LONG
                && Arrays.equals(one, LONG, one.length, other, LONG, other.length);
    }

    /** @throws RuntimeException for bytes that no known release writes */
    public static Live live(byte[] wire) {
        EventWire.Decoded decoded = EventWire.decode(wire);
        Position at = decoded.at();
        if (at == null) {
            throw new IllegalArgumentException("an event without its position");
        }
        return new Live(decoded.event(), at, List.of());
    }

    public static Position position(byte[] text) {
        return Position.parse(new String(text, StandardCharsets.US_ASCII));
    }

    public static Store.Entry value(Store.Key key, byte[] stored) {
        long revision = ByteBuffer.wrap(stored).getLong();
        return new Store.Entry(key, Arrays.copyOfRange(stored, LONG, stored.length), revision);
    }

    public static Store.Change change(Tenant tenant, String kind, byte[] frame) {
        ByteBuffer in = ByteBuffer.wrap(frame);
        long revision = in.getLong();
        int length = in.getInt();
        if (length < 0 || length > in.remaining()) {
            // An unchecked length could allocate the whole heap.
            throw new IllegalArgumentException("a name of " + length + " bytes in a change of " + frame.length);
        }
        byte[] name = new byte[length];
        in.get(name);
        Store.Key key = new Store.Key(tenant, kind, new String(name, StandardCharsets.UTF_8));
        if (revision == 0) {
            return new Store.Change(key, null);
        }
        byte[] value = new byte[in.remaining()];
        in.get(value);
        return new Store.Change(key, new Store.Entry(key, value, revision));
    }
}
