package dev.carillon.spring;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The configuration of the client and of the emitters.
 *
 * @param url Address of the cluster's proxy, or addresses of one or more nodes, with their base path. After a failure the next one is used.
 * @param token Token of the application. A bean of type CarillonTokens replaces it, for tokens that expire.
 * @param connectTimeout Time limit of a connection.
 * @param requestTimeout Time limit of one request.
 * @param broadcastTimeout Time limit of a broadcast with all its repeats.
 * @param silence Time without any data after which a connection is given up. Must be longer than the heartbeat and the ping-interval of the nodes.
 * @param emitters Emitters of server-sent events.
 */
@ConfigurationProperties("carillon")
record CarillonProperties(
        @DefaultValue List<URI> url,
        @Nullable String token,
        @DefaultValue("5s") Duration connectTimeout,
        @DefaultValue("10s") Duration requestTimeout,
        @DefaultValue("30s") Duration broadcastTimeout,
        @DefaultValue("60s") Duration silence,
        @DefaultValue Emitters emitters) {
    /**
     * Limits of emitters.
     *
     * @param max Number of open emitters. Further ones are asked to come back after some seconds.
     * @param queue Number of events that wait for a slow client. Beyond it the client is disconnected, and resumes when it reconnects.
     * @param queueBytes Size of the events that wait for a slow client, with that which is being written, in characters. Beyond it the client is disconnected.
     * @param heartbeat Time without an event after which a comment is sent, so that proxies keep the response open.
     */
    record Emitters(
            @DefaultValue("10000") int max,
            @DefaultValue("1000") int queue,
            @DefaultValue("1048576") int queueBytes,
            @DefaultValue("15s") Duration heartbeat) {
        Emitters {
            require("carillon.emitters.max", max, max > 0, "must be 1 or more");
            require("carillon.emitters.queue", queue, queue > 0 && queue <= 100_000, "must be 1 to 100000");
            require("carillon.emitters.queue-bytes", queueBytes, queueBytes >= 300_000, "must be 300000 or more");
            require(
                    "carillon.emitters.heartbeat",
                    heartbeat,
                    heartbeat.toMillis() >= 100 && heartbeat.compareTo(Duration.ofMinutes(5)) <= 0,
                    "must be 100ms to 5m");
        }
    }

    CarillonProperties {
        url = List.copyOf(url);
        url.forEach(each -> require(
                "carillon.url",
                // A password in it stays out of messages.
                each.getUserInfo() == null ? each : each.getScheme() + "://…",
                ("http".equals(each.getScheme()) || "https".equals(each.getScheme()))
                        && each.getHost() != null
                        && each.getUserInfo() == null,
                "must be an address such as http://127.0.0.1:8080"));
        positive("carillon.connect-timeout", connectTimeout);
        positive("carillon.request-timeout", requestTimeout);
        positive("carillon.broadcast-timeout", broadcastTimeout);
        positive("carillon.silence", silence);
        require(
                "carillon.token",
                "(hidden)",
                token == null || token.matches("[\\x21-\\x7e]+"),
                "must be the token alone, without blanks or line breaks");
    }

    @Override
    public String toString() {
        return "CarillonProperties[url=" + url + "]";
    }

    private static void positive(String name, Duration value) {
        require(name, value, value.isPositive(), "must be more than 0, such as 10s");
    }

    private static void require(String name, Object value, boolean holds, String rule) {
        if (!holds) {
            throw new CarillonPropertyException(name, value, rule);
        }
    }
}
