package dev.carillon.source.rabbitmq;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ShutdownSignalException;
import dev.carillon.base.RandomIds;
import dev.carillon.source.SourceOptions;
import dev.carillon.source.SourceRefusedException;
import dev.carillon.source.rabbitmq.RabbitTopology.Binding;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeoutException;

/**
 * Declares what a source reads. The queue that it declares is a quorum queue with one active consumer: RabbitMQ itself then keeps a second one from reading while
 * the first, whose node may be paused, has messages without an acknowledgement. What RabbitMQ itself would drop goes to the dead letters.
 */
final class RabbitQueue {
    /** Messages return at each end of a node; only poison may be given up, and that is decided by its content. */
    private static final int DELIVERY_LIMIT = 1_000_000;

    private final Connection connection;
    private final RabbitTopology topology;
    private final SourceOptions options;

    RabbitQueue(Connection connection, RabbitTopology topology, SourceOptions options) {
        this.connection = connection;
        this.topology = topology;
        this.options = options;
    }

    /**
     * @param deadLetters whether the queue for refused messages is needed
     * @return name of the queue
     */
    String prepare(boolean deadLetters) throws IOException, TimeoutException {
        // Refused declarations close their channel.
        try (Channel channel = connection.createChannel()) {
            if (deadLetters || topology.kind() == RabbitTopology.Kind.DECLARED) {
                for (String name : topology.deadLetters().stream().toList()) {
                    channel.queueDeclare(name, true, false, false, Map.of("x-queue-type", "quorum"));
                }
            }
            String queue = declare(channel);
            if (topology.binding().isPresent()) {
                bind(channel, queue, topology.binding().get());
            }
            return queue;
        }
    }

    private String declare(Channel channel) throws IOException {
        return switch (topology.kind()) {
            case EXISTING -> channel.queueDeclarePassive(topology.queue()).getQueue();
            case EPHEMERAL ->
                channel.queueDeclare(
                                "carillon." + options.source() + "."
                                        + RandomIds.uuid(options.platform().secureRandom()),
                                false,
                                true,
                                true,
                                Map.of("x-queue-type", "classic"))
                        .getQueue();
            case DECLARED ->
                channel.queueDeclare(
                                topology.queue(),
                                true,
                                false,
                                false,
                                Map.of(
                                        "x-queue-type", "quorum",
                                        "x-single-active-consumer", true,
                                        "x-delivery-limit", DELIVERY_LIMIT,
                                        "x-dead-letter-exchange", "",
                                        "x-dead-letter-routing-key",
                                                topology.deadLetters().orElseThrow(),
                                        "x-dead-letter-strategy", "at-least-once",
                                        "x-overflow", "reject-publish"))
                        .getQueue();
        };
    }

    private void bind(Channel channel, String queue, Binding binding) throws IOException, TimeoutException {
        channel.exchangeDeclarePassive(binding.exchange());
        requireType(binding);
        for (String key : binding.keys()) {
            channel.queueBind(queue, binding.exchange(), key);
        }
    }

    /**
     * Declares the exchange, which exists, with the type that the source expects: RabbitMQ compares the type first. Another refusal says nothing about the type.
     */
    private void requireType(Binding binding) throws IOException {
        String type = binding.type().name().toLowerCase(Locale.ROOT);
        Channel probe = connection.createChannel();
        try {
            probe.exchangeDeclare(binding.exchange(), type, true);
        } catch (IOException e) {
            if (e.getCause() instanceof ShutdownSignalException closed
                    && closed.getReason() instanceof AMQP.Channel.Close close
                    && close.getReplyText().contains("inequivalent arg 'type'")) {
                throw new SourceRefusedException(
                        "exchange " + binding.exchange() + " is not of type " + type + ": " + close.getReplyText(), e);
            }
        } finally {
            probe.abort();
        }
    }
}
