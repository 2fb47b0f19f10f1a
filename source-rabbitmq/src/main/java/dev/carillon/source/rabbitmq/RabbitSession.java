package dev.carillon.source.rabbitmq;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.LongString;
import com.rabbitmq.client.ShutdownSignalException;
import dev.carillon.source.SourceAddress;
import dev.carillon.source.SourceMessage;
import dev.carillon.source.SourceOptions;
import dev.carillon.source.SourceSession;
import dev.carillon.source.SourceUnavailableException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A consumer of a queue. The client library's thread puts deliveries into a queue, whose bound is the number of messages that RabbitMQ sends without an
 * acknowledgement: two batches, so that one is there when the one before is in the log.
 */
final class RabbitSession implements SourceSession {
    private static final int CLOSE_MILLIS = 2_000;
    private static final long CONFIRM_MILLIS = 10_000;
    private static final Duration COUNT_INTERVAL = Duration.ofSeconds(5);
    private static final int PERSISTENT = 2;

    private final Connection connection;
    private final SourceAddress address;
    private final RabbitTopology topology;
    private final String queue;
    private final SourceOptions options;
    private final Channel channel;
    private final BlockingQueue<Delivery> deliveries = new LinkedBlockingQueue<>();
    /** The properties of messages without an acknowledgement, for the dead letters. */
    private final Map<Long, AMQP.BasicProperties> unacknowledged = new HashMap<>();
    /** Why nothing comes any more; null: the consumer reads. */
    private volatile @Nullable RuntimeException end;

    private @Nullable Channel deadLetters;
    /** Set on a thread of the client library, while this session waits for a confirmation. */
    private volatile boolean unroutable;

    private @Nullable Channel counts;
    private boolean countRefused;
    private OptionalLong pending = OptionalLong.empty();
    private long countedNanos;

    /** @param message null: the consumer has ended */
    private record Delivery(@Nullable SourceMessage message, AMQP.@Nullable BasicProperties properties) {
        static final Delivery END = new Delivery(null, null);
    }

    RabbitSession(
            Connection connection, SourceAddress address, RabbitTopology topology, String queue, SourceOptions options)
            throws IOException {
        this.connection = connection;
        this.address = address;
        this.topology = topology;
        this.queue = queue;
        this.options = options;
        this.countedNanos = options.platform().nanoTime().getAsLong() - COUNT_INTERVAL.toNanos();
        this.channel = connection.createChannel();
        channel.basicQos(2 * options.batch());
        channel.basicConsume(queue, false, new Consumer(channel));
    }

    private final class Consumer extends DefaultConsumer {
        Consumer(Channel channel) {
            super(channel);
        }

        @Override
        public void handleDelivery(
                String consumerTag, Envelope envelope, AMQP.BasicProperties properties, byte[] body) {
            deliveries.add(new Delivery(message(envelope, properties, body), properties));
        }

        /** The queue was deleted, or its server stops. */
        @Override
        public void handleCancel(String consumerTag) {
            end(new SourceUnavailableException(address + " no longer delivers queue " + queue));
        }

        @Override
        public void handleShutdownSignal(String consumerTag, ShutdownSignalException signal) {
            end(RabbitFailures.of(address, signal));
        }

        private void end(RuntimeException reason) {
            end = reason;
            deliveries.add(Delivery.END);
        }
    }

    static SourceMessage message(Envelope envelope, AMQP.BasicProperties properties, byte[] body) {
        Map<String, String> headers = new HashMap<>();
        if (properties.getHeaders() != null) {
            properties.getHeaders().forEach((name, value) -> {
                if (value instanceof LongString
                        || value instanceof String
                        || value instanceof Number
                        || value instanceof Boolean) {
                    headers.put(name, value.toString());
                }
            });
        }
        String id = properties.getMessageId();
        Date time = properties.getTimestamp();
        return new SourceMessage(
                envelope.getDeliveryTag(),
                id == null || id.isEmpty() ? null : id,
                envelope.getRoutingKey(),
                headers,
                body,
                time == null ? null : time.toInstant(),
                envelope.isRedeliver());
    }

    @Override
    public List<SourceMessage> receive(int max, Duration wait) throws InterruptedException {
        List<SourceMessage> messages = new ArrayList<>();
        Delivery next = deliveries.poll(wait.toNanos(), TimeUnit.NANOSECONDS);
        while (next != null) {
            requireOpen();
            SourceMessage message = next.message();
            if (message != null) {
                messages.add(message);
                unacknowledged.put(message.number(), Objects.requireNonNull(next.properties()));
            }
            next = messages.size() < max ? deliveries.poll() : null;
        }
        requireOpen();
        return messages;
    }

    private void requireOpen() {
        RuntimeException reason = end;
        if (reason != null) {
            throw reason;
        }
    }

    @Override
    public void acknowledge(List<SourceMessage> messages) {
        try {
            channel.basicAck(messages.getLast().number(), true);
        } catch (IOException | RuntimeException e) {
            throw RabbitFailures.of(address, e);
        }
        messages.forEach(message -> unacknowledged.remove(message.number()));
    }

    /** Publishes it and waits for the confirmation, and only then acknowledges it: after a failure between the two it is there twice, rather than lost. */
    @Override
    public void deadLetter(SourceMessage message, String reason) {
        String name = topology.deadLetters().orElseThrow();
        AMQP.BasicProperties properties = unacknowledged.getOrDefault(message.number(), new AMQP.BasicProperties());
        Map<String, Object> headers =
                new HashMap<>(properties.getHeaders() == null ? Map.of() : properties.getHeaders());
        headers.put("carillon-reason", reason);
        headers.put("carillon-source", options.source());
        headers.put("carillon-key", message.key() == null ? "" : message.key());
        try {
            Channel to = deadLetters();
            unroutable = false;
            to.basicPublish(
                    "",
                    name,
                    true,
                    properties
                            .builder()
                            .headers(headers)
                            .deliveryMode(PERSISTENT)
                            // A message that expires would be lost, and a user id must be that of this connection.
                            .expiration(null)
                            .userId(null)
                            .build(),
                    message.body());
            if (!to.waitForConfirms(CONFIRM_MILLIS) || unroutable) {
                throw new SourceUnavailableException(address + " did not take a message into queue " + name
                        + (unroutable ? ": it does not exist any more" : ""));
            }
            channel.basicAck(message.number(), false);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SourceUnavailableException("interrupted", e);
        } catch (IOException | TimeoutException | RuntimeException e) {
            throw RabbitFailures.of(address, e);
        }
        unacknowledged.remove(message.number());
    }

    private Channel deadLetters() throws IOException {
        Channel known = deadLetters;
        if (known == null) {
            known = connection.createChannel();
            known.addReturnListener(returned -> unroutable = true);
            known.confirmSelect();
            deadLetters = known;
        }
        return known;
    }

    /** Asks the server, at most every few seconds. A user who may not ask gets no number. */
    @Override
    public OptionalLong pending() {
        long now = options.platform().nanoTime().getAsLong();
        if (countRefused || now - countedNanos < COUNT_INTERVAL.toNanos()) {
            return pending;
        }
        countedNanos = now;
        try {
            Channel known = counts == null ? connection.createChannel() : counts;
            counts = known;
            pending = OptionalLong.of(known.queueDeclarePassive(queue).getMessageCount());
        } catch (IOException | RuntimeException e) {
            countRefused = true;
            pending = OptionalLong.empty();
        }
        return pending;
    }

    @Override
    public void close() {
        connection.abort(CLOSE_MILLIS);
    }
}
