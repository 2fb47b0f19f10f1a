package dev.carillon.fanout;

import dev.carillon.broker.Interest;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one scope on one I/O thread, densely packed and in no order. On that thread only. Small: most are of one tab or
 * session.
 */
final class Members {
    /** Shorter lists keep no sockets. */
    private static final int KEEPS_SOCKETS = 8;

    final Interest key;
    private @Nullable Member[] members = new Member[1];
    private int size;
    private @Nullable KeptSockets sockets;

    Members(Interest key) {
        this.key = key;
    }

    /** Whether who is in this list may have everything that is sent to it: it is their own tab, session or user. */
    boolean personal() {
        return key.scope() != null && key.scope().kind().personal();
    }

    void add(Member member) {
        if (size == members.length) {
            members = Arrays.copyOf(members, size * 2);
            if (sockets != null) {
                sockets.grow(members.length);
            } else if (members.length >= KEEPS_SOCKETS) {
                sockets = new KeptSockets(members.length);
            }
        }
        put(member, 0, size++);
    }

    /**
     * Others take its place, and none passes from those that a walk has still to visit to those that it has visited, or back.
     *
     * @param ahead how many, from the beginning, are still to be visited
     * @return how many then
     */
    int remove(Member member, int ahead) {
        int gap = member.slot;
        int left = ahead;
        if (gap < left) {
            left--;
            move(left, gap);
            gap = left;
        }
        size--;
        if (gap < size) {
            move(size, gap);
        }
        members[size] = null;
        if (sockets != null) {
            sockets.put(size, 0);
        }
        return left;
    }

    private void move(int from, int to) {
        put(at(from), sockets == null ? 0 : sockets.at(from), to);
    }

    private void put(Member member, int socket, int slot) {
        member.slot = slot;
        members[slot] = member;
        if (sockets != null) {
            sockets.put(slot, socket);
        }
    }

    Member at(int slot) {
        return Objects.requireNonNull(members[slot]);
    }

    /** By slot; null: it is too short for that. */
    @Nullable
    KeptSockets sockets() {
        return sockets;
    }

    int size() {
        return size;
    }
}
