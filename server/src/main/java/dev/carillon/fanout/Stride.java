package dev.carillon.fanout;

import dev.carillon.base.CloseReason;
import dev.carillon.socket.Sends;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Some connections of one list, to which a batch goes at once: where the list keeps their sockets by these, else by themselves. Nobody
 * leaves the list before all sockets were written to. On one I/O thread only.
 */
final class Stride {
    private static final Logger LOGGER = LoggerFactory.getLogger(Stride.class);

    /** The sockets of one format, and their slots in the list. */
    private static final class Group {
        final int[] sockets = new int[Sends.MOST];
        final int[] slots = new int[Sends.MOST];
        int count;
    }

    /** Connections that have to see to it themselves. */
    private static final class Those {
        final @Nullable Member[] members = new Member[Sends.MOST];
        final int[] taken = new int[Sends.MOST];
        int count;

        void add(Member member, int bytes) {
            taken[count] = bytes;
            members[count++] = member;
        }

        Member take(int i) {
            Member member = Objects.requireNonNull(members[i]);
            members[i] = null;
            return member;
        }
    }

    private final Hub hub;
    private final Group[] groups;
    private final int[] taken = new int[Sends.MOST];
    private final Those lagging = new Those();
    private final Those others = new Those();
    /** Of whom nobody knows what was sent to them. */
    private final Those unknown = new Those();

    Stride(Hub hub, int formats) {
        this.hub = hub;
        this.groups = new Group[formats];
        for (int i = 0; i < formats; i++) {
            groups[i] = new Group();
        }
    }

    /**
     * Takes the connections of the list in these slots.
     *
     * @param batch one that is for everybody in the list, and that no other list has for them
     * @param end at most {@value Sends#MOST} after the first
     * @return how many events were delivered
     */
    int take(Sends sends, Batch batch, Members in, KeptSockets sockets, int first, int end) {
        // Also for those that are still to come: until they had it nobody asks.
        sockets.wrote(batch.lastAt(), hub.second());
        gather(in, sockets, first, end);
        int delivered = 0;
        for (int format = 0; format < groups.length; format++) {
            if (groups[format].count > 0) {
                delivered += send(sends, batch, in, format);
            }
        }
        for (int i = 0; i < unknown.count; i++) {
            unknown.take(i).connection.close(CloseReason.FAILED);
        }
        unknown.count = 0;
        for (int i = 0; i < lagging.count; i++) {
            delivered += lagging.take(i).connection.resumePartialWrite(batch, lagging.taken[i]);
        }
        lagging.count = 0;
        for (int i = 0; i < others.count; i++) {
            Member member = others.take(i);
            delivered += member.connection.deliver(batch, member);
            member.connection.leaveSocket(member, batch);
        }
        others.count = 0;
        return delivered;
    }

    private void gather(Members in, KeptSockets sockets, int first, int end) {
        for (int slot = first; slot < end; slot++) {
            int socket = sockets.at(slot);
            if (socket == 0) {
                others.add(in.at(slot), 0);
            } else {
                Group group = groups[KeptSockets.format(socket)];
                group.sockets[group.count] = KeptSockets.descriptor(socket);
                group.slots[group.count++] = slot;
            }
        }
    }

    private int send(Sends sends, Batch batch, Members in, int format) {
        Group group = groups[format];
        int count = group.count;
        group.count = 0;
        ByteBuffer bytes = batch.bytes(format);
        int length = bytes.remaining();
        // Not by what has failed for another format.
        if (bytes.isDirect() && hub.sends() != null) {
            try {
                sends.send(group.sockets, count, bytes, taken);
            } catch (IllegalStateException e) {
                LOGGER.atError()
                        .addKeyValue("connections", count)
                        .setCause(e)
                        .log("connections are closed, as nobody knows what was sent to them");
                hub.sendByChannels();
                for (int i = 0; i < count; i++) {
                    unknown.add(in.at(group.slots[i]), 0);
                }
                return 0;
            }
        } else {
            Arrays.fill(taken, 0, count, 0);
        }
        int complete = count;
        for (int i = 0; i < count; i++) {
            if (taken[i] != length) {
                complete--;
                lagging.add(in.at(group.slots[i]), taken[i]);
            }
        }
        return complete * batch.count();
    }
}
