package dev.carillon.fanout;

import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * One event, encoded, on its way through the hubs. Immutable: the buffer is shared, only its duplicates are read.
 *
 * @param ordinal rises from frame to frame on this node
 * @param kind what it is
 * @param system whether it is of the log of system events, whose positions compare with no others
 * @param restricted whether only those may have it whose grant covers one of the scopes, where they are in by a public one
 * @param instead of a late one: what those get who have a later one already
 */
record Frame(
        long ordinal,
        Kind kind,
        Position at,
        boolean system,
        List<Scope> scopes,
        List<Interest> keys,
        boolean restricted,
        ByteBuffer bytes,
        ByteBuffer instead) {
    private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

    enum Kind {
        EVENT,
        /** An event that was found missing; who has a later one must not get it any more. */
        LATE,
        /** An event that no log has. */
        HERE,
        /** Something of the node's own, which is no event of anybody's. */
        NOTICE;

        boolean inLog() {
            return this == EVENT || this == LATE;
        }
    }

    static Frame of(long ordinal, Live live, byte[] encoded) {
        return of(ordinal, Kind.EVENT, live, direct(encoded), NOTHING);
    }

    static Frame late(long ordinal, Live live, byte[] encoded, byte[] instead) {
        return of(ordinal, Kind.LATE, live, direct(encoded), direct(instead));
    }

    /** An event that has no place in the log. */
    static Frame here(long ordinal, Event event, byte[] encoded) {
        return new Frame(
                ordinal,
                Kind.HERE,
                Position.NONE,
                false,
                event.scopes(),
                interests(event),
                event.isPrivate(),
                direct(encoded),
                NOTHING);
    }

    static Frame notice(long ordinal, List<Interest> keys, byte[] encoded) {
        return new Frame(ordinal, Kind.NOTICE, Position.NONE, false, List.of(), keys, false, direct(encoded), NOTHING);
    }

    private static Frame of(long ordinal, Kind kind, Live live, ByteBuffer bytes, ByteBuffer instead) {
        var event = live.event();
        return new Frame(
                ordinal,
                kind,
                live.at(),
                event.isSystem(),
                event.scopes(),
                interests(event),
                event.isPrivate(),
                bytes,
                instead);
    }

    private static List<Interest> interests(Event event) {
        return event.scopes().stream()
                .map(scope -> Interest.in(event.tenant(), scope))
                .toList();
    }

    private static ByteBuffer direct(byte[] encoded) {
        return ByteBuffer.allocateDirect(encoded.length).put(encoded).flip().asReadOnlyBuffer();
    }

    int size() {
        return bytes.capacity();
    }
}
