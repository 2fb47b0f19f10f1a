package dev.carillon.fanout;

import dev.carillon.broker.Interest;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The connections of one scope on one I/O thread, densely packed and in no order. On that thread only. */
final class Members {
    final Interest key;
    private final boolean personal;
    private @Nullable Member[] members = new Member[1];
    private int size;

    Members(Interest key) {
        this.key = key;
        this.personal = key.scope() != null && key.scope().kind().personal();
    }

    /** Whether who is in this list may have everything that is sent to it: it is their own tab, session or user. */
    boolean personal() {
        return personal;
    }

    void add(Member member) {
        if (size == members.length) {
            members = Arrays.copyOf(members, size * 2);
        }
        member.slot = size;
        members[size++] = member;
    }

    /** The last one takes the place of the one that leaves: who walks the list walks it from its end. */
    void remove(Member member) {
        Member last = at(--size);
        members[member.slot] = last;
        last.slot = member.slot;
        members[size] = null;
    }

    Connection connection(int index) {
        return at(index).connection;
    }

    private Member at(int index) {
        return Objects.requireNonNull(members[index]);
    }

    int size() {
        return size;
    }
}
