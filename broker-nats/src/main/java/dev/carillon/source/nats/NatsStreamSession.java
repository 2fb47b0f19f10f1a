package dev.carillon.source.nats;

import dev.carillon.source.SourceMessage;
import dev.carillon.source.SourceOptions;
import dev.carillon.source.SourceRefusedException;
import dev.carillon.source.SourceSession;
import dev.carillon.source.SourceUnavailableException;
import dev.carillon.source.nats.NatsStreamSource.Names;
import io.nats.client.Connection;
import io.nats.client.JetStream;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.JetStreamSubscription;
import io.nats.client.Message;
import io.nats.client.PullSubscribeOptions;
import io.nats.client.api.AckPolicy;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.ConsumerInfo;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.impl.Headers;
import io.nats.client.impl.NatsMessage;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Reads a stream with a durable pull consumer, whose name all nodes share, as one of them reads at a time.
 *
 * <p><b>Order.</b> The server delivers what an earlier session has not acknowledged again, but only when {@link #ACK_WAIT} has passed, and later messages meanwhile.
 * A session that finds unacknowledged messages therefore holds everything back until it has received all of them again, and then gives it out by sequence. A
 * message that comes again within a session, as its append took long, only replaces the one by which it is acknowledged.
 */
final class NatsStreamSession implements SourceSession {
    /** Shorter than the lease of a node: what a failed node had received is delivered again when the next one begins. */
    private static final Duration ACK_WAIT = Duration.ofSeconds(5);

    private static final Duration PULL = Duration.ofSeconds(2);
    private static final Duration FLUSH = Duration.ofSeconds(1);
    private static final Duration COUNT_INTERVAL = Duration.ofSeconds(5);
    private static final String ID = "Nats-Msg-Id";
    private static final String SOURCE = "carillon-source";

    private final Connection connection;
    private final NatsStreamFailures failures;
    private final Names names;
    private final SourceOptions options;
    private final JetStream stream;
    private final JetStreamManagement management;
    private final JetStreamSubscription subscription;
    /** Messages given out and not acknowledged, by sequence. */
    private final Map<Long, Message> unacknowledged = new HashMap<>();
    /** Messages received and not given out, by sequence. */
    private final TreeMap<Long, Message> held = new TreeMap<>();
    /** Up to this sequence an earlier session may have received messages. */
    private final long receivedBefore;

    private boolean holding;
    private long givenOut;
    /** Messages that the current request of the server may still bring. */
    private int requested;

    private long requestEndNanos;
    private OptionalLong pending = OptionalLong.empty();
    private long countedNanos;

    NatsStreamSession(Connection connection, NatsStreamFailures failures, Names names, SourceOptions options)
            throws IOException, JetStreamApiException {
        this.connection = connection;
        this.failures = failures;
        this.names = names;
        this.options = options;
        this.management = connection.jetStreamManagement();
        this.stream = connection.jetStream();
        if (names.create()) {
            create(names.stream(), names.subject());
        }
        if (options.deadLetters()
                && management.getStreamNames(names.deadLetters()).isEmpty()) {
            create(names.stream() + "-dead", names.deadLetters());
        }
        ConsumerInfo info = management.addOrUpdateConsumer(
                names.stream(),
                ConsumerConfiguration.builder()
                        .durable(names.consumer())
                        .ackPolicy(AckPolicy.Explicit)
                        .ackWait(ACK_WAIT)
                        .maxAckPending(4L * options.batch())
                        .deliverPolicy(names.from())
                        .filterSubject(names.subject())
                        .build());
        this.receivedBefore = info.getDelivered().getStreamSequence();
        this.holding = info.getNumAckPending() > 0;
        this.countedNanos = now() - COUNT_INTERVAL.toNanos();
        this.requestEndNanos = now();
        this.subscription = stream.subscribe(null, PullSubscribeOptions.fastBind(names.stream(), names.consumer()));
    }

    private void create(String name, String subject) throws IOException, JetStreamApiException {
        if (!management.getStreamNames().contains(name)) {
            Object _ = management.addStream(StreamConfiguration.builder()
                    .name(name)
                    .subjects(subject)
                    .storageType(StorageType.File)
                    .build());
        }
    }

    @Override
    public List<SourceMessage> receive(int max, Duration wait) throws InterruptedException {
        try {
            if (holding) {
                hold(wait);
                if (holding) {
                    return List.of();
                }
            }
            if (held.isEmpty()) {
                pull(max, wait);
            }
        } catch (IOException | JetStreamApiException | RuntimeException e) {
            throw failures.of(e);
        }
        List<SourceMessage> messages = new ArrayList<>();
        while (messages.size() < max && !held.isEmpty()) {
            Map.Entry<Long, Message> next = held.pollFirstEntry();
            givenOut = next.getKey();
            unacknowledged.put(givenOut, next.getValue());
            messages.add(message(next.getValue(), givenOut <= receivedBefore));
        }
        return messages;
    }

    /** Receives until every message without an acknowledgement is here. */
    private void hold(Duration wait) throws IOException, JetStreamApiException {
        for (Message message : subscription.fetch(options.batch(), wait)) {
            take(message);
        }
        requireOpen();
        // Those that have not arrived yet were delivered to no node.
        if (management.getConsumerInfo(names.stream(), names.consumer()).getNumAckPending() <= held.size()) {
            holding = false;
        } else {
            held.values().forEach(Message::inProgress);
        }
    }

    private void pull(int max, Duration wait) throws InterruptedException {
        long now = now();
        if (requested <= 0 || now - requestEndNanos >= 0) {
            subscription.pullExpiresIn(options.batch(), PULL);
            requested = options.batch();
            // The server ends its request first.
            requestEndNanos = now + PULL.toNanos() + Duration.ofMillis(200).toNanos();
        }
        Message next = next(wait);
        while (next != null) {
            requested--;
            take(next);
            next = held.size() < max && requested > 0 ? next(Duration.ofMillis(1)) : null;
        }
        requireOpen();
    }

    private Message next(Duration wait) throws InterruptedException {
        return subscription.nextMessage(wait);
    }

    private void take(Message message) {
        if (!message.isJetStream()) {
            return;
        }
        long sequence = message.metaData().streamSequence();
        if (isOwnDeadLetter(message)) {
            message.ack();
        } else if (sequence > givenOut) {
            held.put(sequence, message);
        } else if (unacknowledged.replace(sequence, message) == null) {
            message.ack();
        }
    }

    /** A subject with wildcards may cover that of the dead letters. */
    private boolean isOwnDeadLetter(Message message) {
        return message.getSubject().equals(names.deadLetters())
                && message.hasHeaders()
                && options.source().equals(message.getHeaders().getFirst(SOURCE));
    }

    private void requireOpen() {
        if (connection.getStatus() != Connection.Status.CONNECTED || !subscription.isActive()) {
            throw failures.of(new SourceUnavailableException("the connection to the NATS server ended"));
        }
    }

    private SourceMessage message(Message message, boolean redelivered) {
        Map<String, String> headers = new HashMap<>();
        if (message.hasHeaders()) {
            message.getHeaders().forEach((name, values) -> {
                if (!values.isEmpty()) {
                    headers.put(name, values.getFirst());
                }
            });
        }
        long sequence = message.metaData().streamSequence();
        String id = headers.get(ID);
        return new SourceMessage(
                sequence,
                id == null || id.isEmpty() ? names.stream() + ":" + sequence : id,
                message.getSubject(),
                headers,
                message.getData() == null ? new byte[0] : message.getData(),
                message.metaData().timestamp().toInstant(),
                redelivered || message.metaData().deliveredCount() > 1);
    }

    @Override
    public void acknowledge(List<SourceMessage> messages) {
        try {
            messages.forEach(message -> Objects.requireNonNull(unacknowledged.remove(message.number()))
                    .ack());
            requireOpen();
        } catch (RuntimeException e) {
            throw failures.of(e);
        }
    }

    /** After a failure between the two steps the message is there twice, rather than lost. */
    @Override
    public void deadLetter(SourceMessage message, String reason) {
        Headers headers = new Headers();
        message.headers().forEach(headers::put);
        // The stream of dead letters would take a second one with the same id for a repetition.
        headers.remove(ID);
        headers.put("carillon-id", String.valueOf(message.id()));
        headers.put("carillon-subject", String.valueOf(message.key()));
        headers.put("carillon-reason", ascii(reason));
        headers.put(SOURCE, options.source());
        try {
            Object _ = stream.publish(NatsMessage.builder()
                    .subject(names.deadLetters())
                    .headers(headers)
                    .data(message.body())
                    .build());
        } catch (IOException | JetStreamApiException | RuntimeException e) {
            throw e instanceof IOException && String.valueOf(e.getMessage()).contains("503")
                    ? new SourceRefusedException(
                            "no stream takes the dead letters of subject " + names.deadLetters(), e)
                    : failures.of(e);
        }
        acknowledge(List.of(message));
    }

    /** Headers of NATS hold printable characters of ASCII. */
    private static String ascii(String text) {
        return text.replaceAll("[^ -~]", "?");
    }

    @Override
    public void keepAlive() {
        unacknowledged.values().forEach(Message::inProgress);
        held.values().forEach(Message::inProgress);
    }

    /** Asks the server, at most every few seconds. */
    @Override
    public OptionalLong pending() {
        if (now() - countedNanos >= COUNT_INTERVAL.toNanos()) {
            countedNanos = now();
            try {
                ConsumerInfo info = management.getConsumerInfo(names.stream(), names.consumer());
                pending = OptionalLong.of(info.getNumPending() + info.getNumAckPending());
            } catch (IOException | JetStreamApiException | RuntimeException e) {
                throw failures.of(e);
            }
        }
        return pending;
    }

    private long now() {
        return options.platform().nanoTime().getAsLong();
    }

    @Override
    public void close() {
        close(connection);
    }

    static void close(Connection connection) {
        try {
            // The last acknowledgements.
            connection.flush(FLUSH);
        } catch (Exception e) {
            // They are made up for: the messages come again.
        }
        try {
            connection.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
