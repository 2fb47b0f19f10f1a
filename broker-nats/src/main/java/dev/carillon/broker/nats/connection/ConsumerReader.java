package dev.carillon.broker.nats.connection;

import dev.carillon.broker.BrokerUnavailableException;
import io.nats.client.Message;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.ConsumerInfo;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Reads one consumer of a stream, message by message, and fetches batch by batch. Confined to one virtual thread. */
final class ConsumerReader implements AutoCloseable {
    private static final int BATCH = 256;
    private static final int MIN_BATCH = 8;
    private static final int BATCH_BYTES = 8 * 1024 * 1024;
    /** Larger than the largest message. */
    private static final int MIN_BATCH_BYTES = 1024 * 1024;

    private static final int MAX_EMPTY_BATCHES = 5;
    private static final long UNKNOWN = -1;

    private final NatsSession session;
    private final String stream;
    private final int batch;
    private final int batchBytes;
    private final CompletableFuture<ConsumerInfo> created;
    private final String subject;
    /** Sequence of the last message, or before the first one. */
    private long read;

    private @Nullable String consumer;
    /** Null until the consumer was created. */
    private PullInbox.@Nullable Mailbox mailbox;
    /** Number of messages that the server has for the consumer. */
    private long pending;
    /** Reply subject of the current batch; null: none. */
    private @Nullable String replySubject;

    private int batches;
    private int received;
    private int emptyBatches;

    /**
     * Requests the consumer without waiting for it.
     *
     * @param readers number of readers that share the fetch limits
     */
    ConsumerReader(NatsSession session, String stream, ConsumerConfiguration config, int readers) {
        this.session = session;
        this.stream = stream;
        this.batch = Math.max(MIN_BATCH, BATCH / readers);
        this.batchBytes = Math.max(MIN_BATCH_BYTES, BATCH_BYTES / readers);
        this.subject = Objects.requireNonNullElse(config.getFilterSubject(), ">");
        this.read = config.getStartSequence() > 0 ? config.getStartSequence() - 1 : UNKNOWN;
        this.created = session.api().createConsumer(stream, config);
    }

    /** The next message; null at the end. Blocks. */
    @Nullable
    StoredMessage next() throws InterruptedException {
        NatsApi api = session.api();
        String name = consumer;
        PullInbox.Mailbox from = mailbox;
        if (name == null || from == null) {
            ConsumerInfo info = api.await(created);
            name = info.getName();
            consumer = name;
            from = session.pulls().open(stream, name);
            mailbox = from;
            pending = info.getNumPending();
        }
        while (pending > 0) {
            if (replySubject == null) {
                // Every batch has its own reply subject: the status that ends one may arrive after the next one has
                // started.
                replySubject = from.replySubject(batches++);
                received = 0;
                api.pull(stream, name, replySubject, batch, batchBytes);
            }
            Message message = from.next(api.timeoutMillis());
            if (message.isJetStream()) {
                pending = message.metaData().pendingCount();
                emptyBatches = 0;
                if (++received == batch) {
                    replySubject = null;
                }
                StoredMessage stored = StoredMessage.ofPulled(message);
                read = stored.sequence();
                return stored;
            }
            if (message.getSubject().equals(replySubject)) {
                batchEnded(api, name);
            }
        }
        return api.replicated() ? nextOfLeader(api) : null;
    }

    /** The server of the consumer may lack the last messages: the leader of the stream has them. */
    private @Nullable StoredMessage nextOfLeader(NatsApi api) {
        StoredMessage next = read == UNKNOWN
                ? null
                : api.await(api.next(stream, subject, read + 1)).orElse(null);
        if (next != null) {
            read = next.sequence();
        }
        return next;
    }

    /** Handles a batch that ended early. If it was empty, the pending messages may have been removed. */
    private void batchEnded(NatsApi api, String name) {
        replySubject = null;
        if (received == 0) {
            pending = api.await(api.pending(stream, name));
            if (pending > 0 && ++emptyBatches == MAX_EMPTY_BATCHES) {
                throw new BrokerUnavailableException("NATS sent no messages although some are pending");
            }
        }
    }

    @Override
    public void close() {
        PullInbox.Mailbox from = mailbox;
        if (from != null) {
            from.close();
        }
        String name = consumer;
        if (name != null) {
            session.api().deleteConsumer(stream, name);
        }
    }
}
