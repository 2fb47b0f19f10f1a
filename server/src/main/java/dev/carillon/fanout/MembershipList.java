package dev.carillon.fanout;

import dev.carillon.broker.Interest;
import dev.carillon.scope.TagFilter;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one scope on one I/O thread, densely packed in no particular order. Confined to that thread. Starts small, as most lists
 * belong to one tab or session.
 */
final class MembershipList {
    /** Lists with fewer slots do not cache sockets. */
    private static final int MIN_SLOTS_TO_CACHE = 8;

    final Interest key;
    private @Nullable Membership[] members = new Membership[1];
    private int size;
    private @Nullable CachedSockets sockets;

    MembershipList(Interest key) {
        this.key = key;
    }

    /** Whether members may read private events of the list without a grant: the scope is their own tab, session or user. */
    boolean personal() {
        return key.scope() != null && key.scope().kind().personal();
    }

    /** Whether members that filter by tags do so in this list. */
    boolean filterable() {
        return key.scope() != null && TagFilter.appliesTo(key.scope());
    }

    void add(Membership member) {
        if (size == members.length) {
            members = Arrays.copyOf(members, size * 2);
            if (sockets != null) {
                sockets.grow(members.length);
            } else if (members.length >= MIN_SLOTS_TO_CACHE) {
                sockets = new CachedSockets(members.length);
            }
        }
        put(member, 0, size++);
    }

    /**
     * Removes a member and fills its slot, without moving another member between the part that a delivery has visited and the part that it
     * has not.
     *
     * @param unvisited number of members, from the start, that are still to be visited
     * @return the number of unvisited members after the removal
     */
    int remove(Membership member, int unvisited) {
        int gap = member.slot;
        int left = unvisited;
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

    private void put(Membership member, int socket, int slot) {
        member.slot = slot;
        members[slot] = member;
        if (sockets != null) {
            sockets.put(slot, socket);
        }
    }

    Membership at(int slot) {
        return Objects.requireNonNull(members[slot]);
    }

    /** Cached sockets by slot; null: the list is too short to cache any. */
    @Nullable
    CachedSockets sockets() {
        return sockets;
    }

    int size() {
        return size;
    }
}
