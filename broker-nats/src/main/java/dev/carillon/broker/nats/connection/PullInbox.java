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
 * Where the messages come that the cursors of a session pull: one subscription for all of them, as long as the session.
 *
 * <p>A subscription for each cursor would do, but for jnats 2.26: where one ends while a message for it arrives, its reader meets a queue
 * that is null, and closes the whole connection. What comes for a cursor that has ended is dropped here.
 */
final class PullInbox {
    /** More than a cursor asks for at once, with the statuses that end its batches. */
    private static final int MAX_QUEUED = 1_024;

    private final String prefix;
    /** By stream and consumer. */
    private final Map<String, Box> boxes = new ConcurrentHashMap<>();

    private volatile boolean ended;

    PullInbox(Connection connection) {
        this.prefix = connection.createInbox() + ".";
        Dispatcher dispatcher = connection.createDispatcher(this::take);
        // Cursors bound what comes by what they ask for, and it does not stay here.
        dispatcher.setPendingLimits(0, 0);
        dispatcher.subscribe(prefix + ">");
    }

    /** What comes for one consumer. */
    final class Box implements AutoCloseable {
        private final String key;
        private final BlockingQueue<Optional<Message>> queue = new LinkedBlockingQueue<>(MAX_QUEUED);

        private Box(String key) {
            this.key = key;
        }

        /** Where the status is to be sent that ends a batch; its messages keep their own subjects. */
        String answers(int batch) {
            return prefix + key + "." + batch;
        }

        /**
         * The next message or status; blocks.
         *
         * @throws BrokerUnavailableException when none comes in time, or the session has ended
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
            boxes.remove(key);
        }
    }

    Box open(String stream, String consumer) {
        Box box = new Box(stream + "." + consumer);
        boxes.put(box.key, box);
        if (ended) {
            box.end();
        }
        return box;
    }

    /** The session has ended: each cursor that waits fails. */
    void end() {
        ended = true;
        boxes.values().forEach(Box::end);
    }

    private void take(Message message) {
        Box box = boxes.get(key(message));
        if (box != null) {
            boolean _ = box.queue.offer(Optional.of(message));
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
