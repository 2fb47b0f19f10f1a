package dev.carillon.fanout;

import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * One event, encoded, on its way through the hubs. Immutable: the buffer is shared, only its duplicates are read.
 *
 * @param ordinal rises from frame to frame on this node
 * @param system whether it is of the log of system events, whose positions compare with no others
 * @param restricted whether only those may have it whose grant covers one of the scopes, where they are in by a public one
 */
record Frame(
        long ordinal,
        Position at,
        boolean system,
        List<Scope> scopes,
        List<Interest> keys,
        boolean restricted,
        ByteBuffer bytes) {
    static Frame of(long ordinal, Live live, byte[] encoded) {
        var event = live.event();
        List<Interest> keys = event.scopes().stream()
                .map(scope -> Interest.in(event.tenant(), scope))
                .toList();
        ByteBuffer direct =
                ByteBuffer.allocateDirect(encoded.length).put(encoded).flip();
        return new Frame(
                ordinal,
                live.at(),
                event.isSystem(),
                event.scopes(),
                keys,
                event.isPrivate(),
                direct.asReadOnlyBuffer());
    }

    int size() {
        return bytes.capacity();
    }
}
