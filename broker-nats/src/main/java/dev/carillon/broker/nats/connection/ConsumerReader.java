package dev.carillon.broker.nats.connection;

import dev.carillon.broker.BrokerUnavailableException;
import io.nats.client.Message;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.ConsumerInfo;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One consumer of a stream, read message by message and fetched batch by batch; for one virtual thread. */
final class ConsumerReader implements AutoCloseable {
    private static final int BATCH = 256;
    private static final int MIN_BATCH = 8;
    private static final int BATCH_BYTES = 8 * 1024 * 1024;
    /** More than the largest message. */
    private static final int MIN_BATCH_BYTES = 1024 * 1024;

    private static final int MAX_WITHOUT = 5;

    private final NatsSession session;
    private final String stream;
    private final int batch;
    private final int batchBytes;
    private final CompletableFuture<ConsumerInfo> made;
    private @Nullable String consumer;
    /** Null: the consumer has not been awaited yet. */
    private PullInbox.@Nullable Box box;
    /** How many messages the server has for it. */
    private long pending;
    /** Where the answers to the present batch come; null: there is none. */
    private @Nullable String answers;

    private int batches;
    private int taken;
    private int without;

    /**
     * Asks for the consumer, and does not wait.
     *
     * @param readers how many share what may be fetched at once
     */
    ConsumerReader(NatsSession session, String stream, ConsumerConfiguration config, int readers) {
        this.session = session;
        this.stream = stream;
        this.batch = Math.max(MIN_BATCH, BATCH / readers);
        this.batchBytes = Math.max(MIN_BATCH_BYTES, BATCH_BYTES / readers);
        this.made = session.api().createConsumer(stream, config);
    }

    /** Null: there are no more. */
    @Nullable
    StoredMessage next() throws InterruptedException {
        NatsApi api = session.api();
        String name = consumer;
        PullInbox.Box from = box;
        if (name == null || from == null) {
            ConsumerInfo info = api.await(made);
            name = info.getName();
            consumer = name;
            from = session.pulls().open(stream, name);
            box = from;
            pending = info.getNumPending();
        }
        while (pending > 0) {
            if (answers == null) {
                // Each batch has an address of its own: the status that ends one may come when the next has begun.
                answers = from.answers(batches++);
                taken = 0;
                api.pull(stream, name, answers, batch, batchBytes);
            }
            Message message = from.next(api.timeoutMillis());
            if (message.isJetStream()) {
                pending = message.metaData().pendingCount();
                without = 0;
                if (++taken == batch) {
                    answers = null;
                }
                return StoredMessage.ofPulled(message);
            }
            if (message.getSubject().equals(answers)) {
                ended(api, name);
            }
        }
        return null;
    }

    /** A batch ended early. Where it had nothing, what was pending has perhaps been removed since. */
    private void ended(NatsApi api, String name) {
        answers = null;
        if (taken == 0) {
            pending = api.await(api.pending(stream, name));
            if (pending > 0 && ++without == MAX_WITHOUT) {
                throw new BrokerUnavailableException("NATS gave nothing of what it has");
            }
        }
    }

    @Override
    public void close() {
        PullInbox.Box from = box;
        if (from != null) {
            from.close();
        }
        String name = consumer;
        if (name != null) {
            session.api().deleteConsumer(stream, name);
        }
    }
}
