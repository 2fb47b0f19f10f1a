package dev.carillon.fanout;

import dev.carillon.broker.Interest;
import dev.carillon.scope.Position;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one scope on one I/O thread, densely packed and in no order. On that thread only.
 *
 * <p>It knows the sockets of those that took its last event as a whole and have nothing waiting: the next one may go there without a look at
 * the connection. What such a connection had last is then known here, and not there.
 */
final class Members {
    /** Shorter lists keep no sockets: most are of one tab or session. */
    private static final int KEEPS_SOCKETS = 8;

    private static final int FORMAT_SHIFT = 24;
    private static final int[] NONE = {};

    final Interest key;
    private final boolean personal;
    private @Nullable Member[] members = new Member[1];
    /** Descriptor and format of each, or 0; empty: it keeps none. */
    private int[] sockets = NONE;

    private int size;
    /** How many, from the beginning, the walk in progress has still to visit. */
    private int ahead;

    private Position lastAt = Position.NONE;
    private int lastWrite;

    Members(Interest key) {
        this.key = key;
        this.personal = key.scope() != null && key.scope().kind().personal();
    }

    /** Whether who is in this list may have everything that is sent to it: it is their own tab, session or user. */
    boolean personal() {
        return personal;
    }

    /** Who comes during a walk is not visited by it. */
    void add(Member member) {
        if (size == members.length) {
            members = Arrays.copyOf(members, size * 2);
            if (keepsSockets() || members.length >= KEEPS_SOCKETS) {
                sockets = Arrays.copyOf(sockets, members.length);
            }
        }
        put(member, 0, size++);
    }

    /** Others take its place such that a walk visits each once. */
    void remove(Member member) {
        int gap = member.slot;
        if (gap < ahead) {
            move(--ahead, gap);
            gap = ahead;
        }
        move(--size, gap);
        members[size] = null;
        if (keepsSockets()) {
            sockets[size] = 0;
        }
    }

    private void move(int from, int to) {
        put(at(from), socket(from), to);
    }

    private void put(Member member, int socket, int slot) {
        member.slot = slot;
        members[slot] = member;
        if (keepsSockets()) {
            sockets[slot] = socket;
        }
    }

    /** Begins a walk; the one before has ended. */
    void walk() {
        ahead = size;
    }

    boolean hasNext() {
        return ahead > 0;
    }

    /** The slot of the next one to visit. */
    int next() {
        return --ahead;
    }

    Member at(int slot) {
        return Objects.requireNonNull(members[slot]);
    }

    /** 0: the connection itself is to be asked. */
    int socket(int slot) {
        return keepsSockets() ? sockets[slot] : 0;
    }

    private boolean keepsSockets() {
        return sockets.length > 0;
    }

    static int descriptor(int socket) {
        return socket & (1 << FORMAT_SHIFT) - 1;
    }

    static int format(int socket) {
        return socket >>> FORMAT_SHIFT;
    }

    /** From now on its events may go to the socket. */
    void keep(Member member, int descriptor, int format) {
        if (keepsSockets() && descriptor > 0 && descriptor >>> FORMAT_SHIFT == 0) {
            sockets[member.slot] = format << FORMAT_SHIFT | descriptor;
        }
    }

    /** From now on the connection is to be asked. */
    void release(Member member) {
        if (keepsSockets()) {
            sockets[member.slot] = 0;
        }
    }

    boolean keeps(Member member) {
        return socket(member.slot) != 0;
    }

    /** Something went to all sockets that it keeps. */
    void wrote(Position at, int second) {
        lastAt = at;
        lastWrite = second;
    }

    /** What those had last whose sockets it keeps; of the log of its tenant. */
    Position lastAt() {
        return lastAt;
    }

    /** The hub's second in which those were last written to. */
    int lastWrite() {
        return lastWrite;
    }

    int size() {
        return size;
    }
}
