package dev.carillon.broker.nats;

import dev.carillon.broker.BrokerAwayException;
import io.nats.client.Message;
import io.nats.client.Subscription;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.ConsumerInfo;
import io.nats.client.api.DeliverPolicy;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.function.Predicate;

/**
 * Reads a stream in its order through a consumer of its own that ends with the reading; blocks, on virtual threads. Below some
 * twenty messages direct gets are faster.
 *
 * @param subjects empty: all
 */
record Scan(String stream, List<String> subjects, boolean headersOnly) {
    private static final int BATCH = 256;
    private static final int BATCH_BYTES = 8 * 1024 * 1024;
    private static final long NOTHING = -1;
    private static final int MAX_WITHOUT = 5;
    private static final Duration IDLE = Duration.ofSeconds(15);

    /** From a sequence on, until there are no more or the taker wants none. */
    void from(long sequence, NatsSession session, Predicate<Stored> taker) {
        run(config().deliverPolicy(DeliverPolicy.ByStartSequence).startSequence(Math.max(1, sequence)), session, taker);
    }

    /** From a time on. */
    void since(long millis, NatsSession session, Predicate<Stored> taker) {
        run(
                config().deliverPolicy(DeliverPolicy.ByStartTime)
                        .startTime(Instant.ofEpochMilli(Math.max(0, millis)).atZone(ZoneOffset.UTC)),
                session,
                taker);
    }

    private ConsumerConfiguration.Builder config() {
        ConsumerConfiguration.Builder config = ConsumerConfiguration.builder()
                .ackPolicy(AckPolicy.None)
                .inactiveThreshold(IDLE)
                .memStorage(true)
                .numReplicas(1)
                .headersOnly(headersOnly ? Boolean.TRUE : null);
        return subjects.isEmpty() ? config : config.filterSubjects(subjects);
    }

    private void run(ConsumerConfiguration.Builder config, NatsSession session, Predicate<Stored> taker) {
        NatsApi api = session.api();
        ConsumerInfo consumer = api.await(api.createConsumer(stream, config.build()));
        String inbox = session.connection().createInbox();
        Subscription subscription = session.connection().subscribe(inbox + ".*");
        try {
            subscription.setPendingLimits(BATCH * 2, BATCH_BYTES * 4L);
            long pending = consumer.getNumPending();
            int without = 0;
            for (int n = 0; pending > 0; n++) {
                String answers = inbox + "." + n;
                api.pull(stream, consumer.getName(), answers, BATCH, BATCH_BYTES);
                long left = batch(subscription, answers, api.timeoutMillis(), taker);
                if (left == NOTHING) {
                    // What was pending has perhaps been removed since.
                    left = api.await(api.pending(stream, consumer.getName()));
                    if (left > 0 && ++without == MAX_WITHOUT) {
                        throw new BrokerAwayException("NATS gave nothing of what it has");
                    }
                }
                pending = left;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failures.told(e);
        } finally {
            if (session.alive()) {
                subscription.unsubscribe();
            }
            api.deleteConsumer(stream, consumer.getName());
        }
    }

    /** How many are left after one batch, or {@link #NOTHING}; 0 also where the taker wants no more. */
    private static long batch(Subscription subscription, String answers, long timeoutMillis, Predicate<Stored> taker)
            throws InterruptedException {
        long left = NOTHING;
        for (int taken = 0; taken < BATCH; ) {
            Message message = subscription.nextMessage(timeoutMillis);
            if (message == null) {
                throw new BrokerAwayException("NATS did not answer in time");
            }
            if (message.isJetStream()) {
                taken++;
                left = message.metaData().pendingCount();
                if (!taker.test(Stored.ofPulled(message)) || left == 0) {
                    return 0;
                }
            } else if (message.getSubject().equals(answers)) {
                // A status: this batch ends early. That of the batch before says nothing of this one.
                return left;
            }
        }
        return left;
    }
}
