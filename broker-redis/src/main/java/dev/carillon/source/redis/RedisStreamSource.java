package dev.carillon.source.redis;

import dev.carillon.source.Source;
import dev.carillon.source.SourceAddress;
import dev.carillon.source.SourceOptions;
import dev.carillon.source.SourceSession;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SslVerifyMode;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Set;

/** A stream on a Redis server. */
final class RedisStreamSource implements Source {
    static final String SECURE = "rediss-stream";
    static final Set<String> PARAMETERS = Set.of("stream", "group", "field", "from", "dead-letter");

    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final String RULE = "must be redis-stream://user:password@host:port/database?stream=NAME";

    private final SourceAddress address;
    private final RedisURI uri;
    private final Names names;

    /**
     * What is read, and where the rest goes.
     *
     * @param field of an entry that holds the body
     * @param from where a new group begins
     * @param deadLetters stream for refused entries
     */
    record Names(String stream, String group, String field, String from, String deadLetters) {}

    RedisStreamSource(SourceAddress address) {
        this.address = address;
        String stream = address.required("stream");
        String from = switch (address.find("from").orElse("earliest")) {
            case "earliest" -> "0";
            case "latest" -> "$";
            default -> throw address.refused("parameter from: must be earliest or latest");
        };
        this.names = new Names(
                stream,
                address.find("group").orElse("carillon"),
                address.find("field").orElse("data"),
                from,
                address.find("dead-letter").orElse(stream + ":dead"));
        this.uri = uri(address);
    }

    private static RedisURI uri(SourceAddress address) {
        URI given = address.uri();
        String path = given.getPath();
        if (given.getHost() == null || path != null && !path.matches("/?\\d{0,5}")) {
            throw address.refused(RULE);
        }
        try {
            String scheme = address.scheme().equals(SECURE) ? "rediss" : "redis";
            RedisURI uri = RedisURI.create(new URI(
                    scheme + given.toString().substring(given.getScheme().length())));
            uri.setVerifyPeer(SslVerifyMode.FULL);
            uri.setTimeout(TIMEOUT);
            return uri;
        } catch (URISyntaxException | IllegalArgumentException e) {
            // Its message may show the password.
            throw address.refused(RULE);
        }
    }

    @Override
    public String name() {
        return names.stream().replace(':', '.');
    }

    @Override
    public boolean hasDeadLetters() {
        return true;
    }

    @Override
    public SourceSession open(SourceOptions options) {
        RedisClient client = RedisClient.create();
        // A session ends with its connection: what it had received comes again, to it or to another node.
        client.setOptions(ClientOptions.builder().autoReconnect(false).build());
        try {
            StatefulRedisConnection<String, byte[]> connection =
                    client.connect(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE), uri);
            RedisStreamSession session = new RedisStreamSession(client, connection.sync(), address, names, options);
            session.prepare();
            return session;
        } catch (RuntimeException e) {
            RedisStreamSession.shutDown(client);
            throw RedisStreamFailures.of(address, e);
        }
    }
}
