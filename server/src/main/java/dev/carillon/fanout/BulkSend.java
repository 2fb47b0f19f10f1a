package dev.carillon.fanout;

import dev.carillon.base.CloseReason;
import dev.carillon.socket.BulkSender;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends a batch to up to {@value BulkSender#MAX_SOCKETS} connections of one list: straight to the cached sockets, and through the connection where none is
 * cached. No connection leaves the list before all cached sockets were written to. Confined to one I/O thread.
 */
final class BulkSend {
    private static final Logger LOGGER = LoggerFactory.getLogger(BulkSend.class);

    /** Sockets of one wire format, and their slots in the list. */
    private static final class Group {
        final int[] sockets = new int[BulkSender.MAX_SOCKETS];
        final int[] slots = new int[BulkSender.MAX_SOCKETS];
        int count;
    }

    /** Memberships to handle after the bulk send, each with the number of bytes its socket accepted. */
    private static final class Deferred {
        final @Nullable Membership[] members = new Membership[BulkSender.MAX_SOCKETS];
        final int[] accepted = new int[BulkSender.MAX_SOCKETS];
        int count;

        void add(Membership member, int bytes) {
            accepted[count] = bytes;
            members[count++] = member;
        }

        Membership remove(int i) {
            Membership member = Objects.requireNonNull(members[i]);
            members[i] = null;
            return member;
        }
    }

    private final FanOutWorker worker;
    private final Group[] groups;
    private final int[] accepted = new int[BulkSender.MAX_SOCKETS];
    private final Deferred lagging = new Deferred();
    private final Deferred uncached = new Deferred();
    /** Connections for which a failed bulk send left it unknown how many bytes were sent. */
    private final Deferred unknown = new Deferred();

    BulkSend(FanOutWorker worker, int formats) {
        this.worker = worker;
        this.groups = new Group[formats];
        for (int i = 0; i < formats; i++) {
            groups[i] = new Group();
        }
    }

    /**
     * Sends the batch to the connections in the slots from {@code first} to {@code end}, exclusive.
     *
     * @param batch for every connection of the list, and for none of them by another list
     * @param end at most {@code first} + {@value BulkSender#MAX_SOCKETS}
     * @return number of delivered events
     */
    int run(BulkSender sender, Batch batch, MembershipList in, CachedSockets sockets, int first, int end) {
        // Recorded before later parts of the list are written; nothing reads it before the whole list is done.
        sockets.wrote(batch, worker.second());
        gather(in, sockets, first, end);
        int delivered = 0;
        for (int format = 0; format < groups.length; format++) {
            if (groups[format].count > 0) {
                delivered += send(sender, batch, in, format);
            }
        }
        for (int i = 0; i < unknown.count; i++) {
            unknown.remove(i).connection.close(CloseReason.FAILED);
        }
        unknown.count = 0;
        for (int i = 0; i < lagging.count; i++) {
            delivered += lagging.remove(i).connection.resumePartialWrite(batch, lagging.accepted[i]);
        }
        lagging.count = 0;
        for (int i = 0; i < uncached.count; i++) {
            Membership member = uncached.remove(i);
            delivered += member.connection.deliver(batch, member);
            member.connection.cacheSocket(member, batch);
        }
        uncached.count = 0;
        return delivered;
    }

    private void gather(MembershipList in, CachedSockets sockets, int first, int end) {
        for (int slot = first; slot < end; slot++) {
            int socket = sockets.at(slot);
            if (socket == 0) {
                uncached.add(in.at(slot), 0);
            } else {
                Group group = groups[CachedSockets.format(socket)];
                group.sockets[group.count] = CachedSockets.descriptor(socket);
                group.slots[group.count++] = slot;
            }
        }
    }

    private int send(BulkSender sender, Batch batch, MembershipList in, int format) {
        Group group = groups[format];
        int count = group.count;
        group.count = 0;
        ByteBuffer bytes = batch.bytes(format);
        int length = bytes.remaining();
        // The sender may have failed for another format meanwhile.
        if (bytes.isDirect() && worker.sender() != null) {
            try {
                sender.send(group.sockets, count, bytes, accepted);
            } catch (IllegalStateException e) {
                LOGGER.atError()
                        .addKeyValue("connections", count)
                        .setCause(e)
                        .log("bulk send failed: closing connections, as the number of bytes sent to each is unknown");
                worker.useChannels();
                for (int i = 0; i < count; i++) {
                    unknown.add(in.at(group.slots[i]), 0);
                }
                return 0;
            }
        } else {
            Arrays.fill(accepted, 0, count, 0);
        }
        int complete = count;
        for (int i = 0; i < count; i++) {
            if (accepted[i] != length) {
                complete--;
                lagging.add(in.at(group.slots[i]), accepted[i]);
            }
        }
        return complete * batch.count();
    }
}
