package dev.carillon.source.rabbitmq;

import dev.carillon.source.Source;
import dev.carillon.source.SourceAddress;
import dev.carillon.source.SourceProvider;
import java.util.List;
import java.util.Set;

/** Sources {@code amqp://} and {@code amqps://}. */
public final class RabbitProvider implements SourceProvider {
    @Override
    public List<String> schemes() {
        return List.of("amqp", "amqps");
    }

    @Override
    public Set<String> secureSchemes() {
        return Set.of("amqps");
    }

    @Override
    public Set<String> parameters() {
        return RabbitTopology.PARAMETERS;
    }

    @Override
    public Source source(SourceAddress address) {
        return new RabbitSource(address, RabbitTopology.of(address));
    }
}
