package dev.carillon.source.nats;

import dev.carillon.source.Source;
import dev.carillon.source.SourceAddress;
import dev.carillon.source.SourceProvider;
import java.util.List;
import java.util.Set;

/** Sources {@code nats-stream://} and {@code nats-stream+tls://}. */
public final class NatsStreamProvider implements SourceProvider {
    @Override
    public List<String> schemes() {
        return List.of("nats-stream", NatsStreamSource.SECURE);
    }

    @Override
    public Set<String> secureSchemes() {
        return Set.of(NatsStreamSource.SECURE);
    }

    @Override
    public Set<String> parameters() {
        return NatsStreamSource.PARAMETERS;
    }

    @Override
    public Source source(SourceAddress address) {
        return new NatsStreamSource(address);
    }
}
