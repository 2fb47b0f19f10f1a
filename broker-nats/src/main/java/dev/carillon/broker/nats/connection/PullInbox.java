package dev.carillon.broker.nats.connection;

import dev.carillon.broker.BrokerUnavailableException;
import io.nats.client.Connection;
import io.nats.client.Dispatcher;
import io.nats.client.Message;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Receives the messages that the consumer readers of a session pull, with one subscription for the whole session.
 *
 * <p>A subscription per reader would do, but for jnats 2.26: if one ends while a message for it arrives, jnats dereferences a null queue
 * and closes the whole connection. Here, messages for a closed reader are dropped.
 */
final class PullInbox {
    /** More than a reader requests at once, including the statuses that end its batches. */
    private static final int MAX_QUEUED = 1_024;

    private final String prefix;
    /** By stream and consumer. */
    private final Map<String, Mailbox> mailboxes = new ConcurrentHashMap<>();

    private volatile boolean ended;

    PullInbox(Connection connection) {
        this.prefix = connection.createInbox() + ".";
        Dispatcher dispatcher = connection.createDispatcher(this::receive);
        // Readers bound the messages by their requests, and none stays here.
        dispatcher.setPendingLimits(0, 0);
        dispatcher.subscribe(prefix + ">");
    }

    /** The messages for one consumer. */
    final class Mailbox implements AutoCloseable {
        private final String key;
        private final BlockingQueue<Optional<Message>> queue = new LinkedBlockingQueue<>(MAX_QUEUED);

        private Mailbox(String key) {
            this.key = key;
        }

        /** The reply subject of a batch, for the status that ends it; messages keep their own subjects. */
        String replySubject(int batch) {
            return prefix + key + "." + batch;
        }

        /**
         * The next message or status; blocks.
         *
         * @throws BrokerUnavailableException when none arrives in time, or the session has ended
         */
        Message next(long timeoutMillis) throws InterruptedException {
            Optional<Message> next = queue.poll(timeoutMillis, TimeUnit.MILLISECONDS);
            if (next == null) {
                throw new BrokerUnavailableException("NATS did not answer in time");
            }
            return next.orElseThrow(() -> new BrokerUnavailableException("the connection to NATS was lost"));
        }

        private void end() {
            queue.clear();
            boolean _ = queue.offer(Optional.empty());
        }

        @Override
        public void close() {
            mailboxes.remove(key);
        }
    }

    Mailbox open(String stream, String consumer) {
        Mailbox mailbox = new Mailbox(stream + "." + consumer);
        mailboxes.put(mailbox.key, mailbox);
        if (ended) {
            mailbox.end();
        }
        return mailbox;
    }

    /** Ends the inbox with the session: every waiting reader fails. */
    void end() {
        ended = true;
        mailboxes.values().forEach(Mailbox::end);
    }

    private void receive(Message message) {
        Mailbox mailbox = mailboxes.get(key(message));
        if (mailbox != null) {
            boolean _ = mailbox.queue.offer(Optional.of(message));
        }
    }

    private String key(Message message) {
        if (message.isJetStream()) {
            var meta = message.metaData();
            return meta.getStream() + "." + meta.getConsumer();
        }
        String subject = message.getSubject();
        return subject.substring(prefix.length(), Math.max(prefix.length(), subject.lastIndexOf('.')));
    }
}
