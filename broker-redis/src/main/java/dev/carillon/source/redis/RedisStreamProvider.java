package dev.carillon.source.redis;

import dev.carillon.source.Source;
import dev.carillon.source.SourceAddress;
import dev.carillon.source.SourceProvider;
import java.util.List;
import java.util.Set;

/** Sources {@code redis-stream://} and {@code rediss-stream://}. */
public final class RedisStreamProvider implements SourceProvider {
    @Override
    public List<String> schemes() {
        return List.of("redis-stream", RedisStreamSource.SECURE);
    }

    @Override
    public Set<String> secureSchemes() {
        return Set.of(RedisStreamSource.SECURE);
    }

    @Override
    public Set<String> parameters() {
        return RedisStreamSource.PARAMETERS;
    }

    @Override
    public Source source(SourceAddress address) {
        return new RedisStreamSource(address);
    }
}
