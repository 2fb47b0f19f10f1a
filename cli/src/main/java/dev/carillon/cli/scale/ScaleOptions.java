package dev.carillon.cli.scale;

import dev.carillon.cli.base.WholeNumber;
import dev.carillon.lab.load.FanoutPlan;
import dev.carillon.lab.load.FanoutPlan.Broadcasting;
import dev.carillon.lab.scale.Dimensions;
import dev.carillon.lab.scale.PointRun;
import dev.carillon.lab.scale.ScalePoint.Placement;
import dev.carillon.proxy.files.Product;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The dimensions that {@code bench scale} and {@code bench limit} share; each option takes a list. */
final class ScaleOptions {
    private static final int MAX_NODES = 20;
    private static final int MAX_IO_THREADS = 64;
    private static final int MAX_SECONDS = 600;
    private static final int MAX_PAYLOAD = 60_000;

    @Option(
            names = "--io-threads",
            paramLabel = "LIST",
            description = "I/O threads of each node, 1 to 64; 0: as many as the node chooses. Default: 0.")
    private @Nullable String ioThreads;

    @Option(
            names = "--rate",
            paramLabel = "LIST",
            description = "Broadcasts a second, on a fixed schedule, above 0 to 1000000. Default: 10.")
    private @Nullable String rate;

    @Option(
            names = "--payload",
            paramLabel = "LIST",
            description = "Bytes of data of an event, 64 to 60000. Default: 200.")
    private @Nullable String payload;

    @Option(
            names = "--scopes",
            paramLabel = "LIST",
            description =
                    "Who receives the events: global, session, route@N or topic@N, N being the clients in each. Default: global.")
    private @Nullable String scopes;

    @Option(
            names = "--broker",
            paramLabel = "LIST",
            description = "memory (one node only), redis or nats; their servers are started. Default: redis.")
    private @Nullable String broker;

    @Option(
            names = "--proxy",
            paramLabel = "LIST",
            description =
                    "none, embedded, haproxy, caddy, nginx or traefik, as installed on this machine. Default: none.")
    private @Nullable String proxy;

    @Option(
            names = "--sticky",
            paramLabel = "LIST",
            description =
                    "With a proxy: yes, or no: whether clients that come back keep the proxy's cookie, and so their node. Default: no.")
    private @Nullable String sticky;

    @Option(
            names = "--transport",
            paramLabel = "LIST",
            description =
                    "plain, tls, or http2 (with TLS); TLS ends at the proxy, or without one at the nodes. Default: plain.")
    private @Nullable String transport;

    @Option(names = "--protocol", paramLabel = "LIST", description = "sse or ws. Default: sse.")
    private @Nullable String protocol;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            description = "Seconds of the first run of each point, 1 to 600. Default: 8.")
    private @Nullable Integer warmUp;

    @Option(names = "--seconds", paramLabel = "N", description = "Seconds of each repeat, 1 to 600. Default: 5.")
    private @Nullable Integer seconds;

    /** Values of dimensions that are not given. */
    record Defaults(String nodes, String connections, String rate, String payload, String scopes, String broker) {
        static final Defaults SWEEP = new Defaults("1,2", "200,2000", "10", "200", "global", "redis");
        static final Defaults LIMIT = new Defaults("1", "1000", "10", "200", "global", "redis");
        static final Defaults INTEREST = new Defaults("8", "100", "50", "1000", "topic@100", "redis");

        /** With the options of a command for the size of the cluster. */
        Defaults with(@Nullable String givenNodes, @Nullable String givenConnections) {
            return new Defaults(
                    or(givenNodes, nodes), or(givenConnections, connections), rate, payload, scopes, broker);
        }
    }

    Dimensions dimensions(Defaults or, List<Placement> placements) {
        return new Dimensions(
                Choices.whole("nodes", or.nodes, 1, MAX_NODES),
                Choices.whole("io-threads", or(ioThreads, "0"), 0, MAX_IO_THREADS),
                Choices.whole("connections", or.connections, 1, FanoutPlan.MAX_CONNECTIONS),
                Choices.numbers("rate", or(rate, or.rate), Broadcasting.MAX_RATE),
                Choices.whole("payload", or(payload, or.payload), FanoutPlan.minPayloadBytes(), MAX_PAYLOAD),
                Choices.scopes("scopes", or(scopes, or.scopes)),
                Choices.names("broker", or(broker, or.broker), List.of("memory", "redis", "nats")),
                Choices.names("proxy", or(proxy, "none"), proxies()),
                Choices.flags("sticky", or(sticky, "no")),
                Choices.names("transport", or(transport, "plain"), List.of("plain", "tls", "http2")),
                Choices.names("protocol", or(protocol, "sse"), List.of("sse", "ws")),
                placements);
    }

    private static String or(@Nullable String given, String fallback) {
        return given == null ? fallback : given;
    }

    private static List<String> proxies() {
        return Stream.concat(
                        Stream.of("none", "embedded"),
                        Stream.of(Product.values()).map(Product::id))
                .toList();
    }

    PointRun.Pace pace(int repeats, int idle) {
        return new PointRun.Pace(warmUpSeconds(), seconds(), repeats, idle);
    }

    int warmUpSeconds() {
        return WholeNumber.checked("warm-up", warmUp == null ? 8 : warmUp, 1, MAX_SECONDS);
    }

    int seconds() {
        return WholeNumber.checked("seconds", seconds == null ? 5 : seconds, 1, MAX_SECONDS);
    }
}
