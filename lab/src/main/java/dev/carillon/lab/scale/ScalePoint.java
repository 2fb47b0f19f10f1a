package dev.carillon.lab.scale;

import dev.carillon.lab.load.Access.Audience;
import dev.carillon.lab.load.FanoutPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One combination of a sweep.
 *
 * @param ioThreads I/O threads of each node; 0: as many as the node chooses
 * @param rate broadcasts a second
 * @param payload bytes of data of an event
 * @param scope {@code global}, {@code session}, or {@code route@N} or {@code topic@N} with N clients in each
 * @param broker {@code memory}, {@code redis} or {@code nats}
 * @param proxy {@code none}, {@code embedded} or the name of another proxy
 * @param sticky whether clients keep the cookie by which the proxy finds their node, so that they return to it
 * @param transport {@code plain}, {@code tls} or {@code http2}
 * @param protocol {@code sse} or {@code ws}
 * @param placement where the clients are
 */
public record ScalePoint(
        int nodes,
        int ioThreads,
        int connections,
        double rate,
        int payload,
        String scope,
        String broker,
        String proxy,
        boolean sticky,
        String transport,
        String protocol,
        Placement placement) {
    /** Where the clients are. */
    public enum Placement {
        /** On all nodes alike. */
        SPREAD,
        /** On the first node. The other nodes have no client of the scope, and receive none of its events. */
        FIRST_NODE,
        /**
         * On the first node. Each other node has one subscriber of the hub whose template matches no event, so that the broker sends it every
         * event of the tenant, as if nodes did not tell the broker their interests.
         */
        FLOODED
    }

    static final String NO_PROXY = "none";
    static final String EMBEDDED = "embedded";
    static final String PLAIN = "plain";
    static final String HTTP2 = "http2";
    private static final String WEB_SOCKET = "ws";
    static final String MEMORY = "memory";

    Audience audience() {
        return Audience.valueOf(scope.replaceFirst("@.*", "").toUpperCase(Locale.ROOT));
    }

    /** Number of scopes that the clients are in. */
    int groups() {
        return switch (audience()) {
            case GLOBAL -> 1;
            case SESSION -> connections;
            case ROUTE, TOPIC -> Math.ceilDiv(connections, groupSize());
        };
    }

    private int groupSize() {
        return Integer.parseInt(scope.replaceFirst(".*@", ""));
    }

    FanoutPlan.Protocol streams() {
        return protocol.equals(WEB_SOCKET) ? FanoutPlan.Protocol.WS : FanoutPlan.Protocol.SSE;
    }

    boolean isSecure() {
        return !transport.equals(PLAIN);
    }

    boolean isProxied() {
        return !proxy.equals(NO_PROXY);
    }

    /** Events that clients should receive in a second. */
    double expectedDeliveries() {
        return rate * connections / groups();
    }

    /** The same point with another rate. */
    public ScalePoint withRate(double other) {
        return new ScalePoint(
                nodes,
                ioThreads,
                connections,
                other,
                payload,
                scope,
                broker,
                proxy,
                sticky,
                transport,
                protocol,
                placement);
    }

    /** Why this combination cannot be measured; empty if it can. */
    List<String> obstacles() {
        List<String> obstacles = new ArrayList<>();
        if (nodes > 1 && broker.equals(MEMORY)) {
            obstacles.add("the broker in memory joins no nodes");
        }
        if (transport.equals(HTTP2) && protocol.equals(WEB_SOCKET)) {
            obstacles.add("clients open WebSockets by HTTP/1.1");
        }
        if (sticky && !isProxied()) {
            obstacles.add("without a proxy no cookie chooses a node");
        }
        if (sticky && transport.equals(HTTP2)) {
            obstacles.add("clients with HTTP/2 keep no cookies");
        }
        if (audience() == Audience.SESSION && (protocol.equals(WEB_SOCKET) || connections > FanoutPlan.MAX_TOPICS)) {
            obstacles.add("sessions need event streams, at most " + FanoutPlan.MAX_TOPICS);
        }
        if (groups() > FanoutPlan.MAX_TOPICS) {
            obstacles.add("at most " + FanoutPlan.MAX_TOPICS + " scopes");
        }
        if (placement != Placement.SPREAD && (isProxied() || isSecure())) {
            obstacles.add("clients of the first node connect to it directly");
        }
        return obstacles;
    }

    /** Whether this point differs from the other only by more connections, broadcasts or bytes. */
    boolean isHeavierThan(ScalePoint other) {
        ScalePoint same = new ScalePoint(
                nodes,
                ioThreads,
                other.connections,
                other.rate,
                other.payload,
                scope,
                broker,
                proxy,
                sticky,
                transport,
                protocol,
                placement);
        return same.equals(other)
                && !equals(other)
                && connections >= other.connections
                && rate >= other.rate
                && payload >= other.payload;
    }

    @Override
    public String toString() {
        List<String> words = new ArrayList<>();
        words.add(nodes + (nodes == 1 ? " node" : " nodes"));
        if (ioThreads > 0) {
            words.add(ioThreads + " I/O " + (ioThreads == 1 ? "thread" : "threads"));
        }
        words.add(String.format(Locale.ROOT, "%,d connections", connections));
        words.add(number(rate) + " broadcasts/s of " + payload + " B to " + scope);
        words.add(broker);
        if (isProxied()) {
            words.add("proxy " + proxy + (sticky ? ", sticky" : ""));
        }
        if (isSecure()) {
            words.add(transport.equals(HTTP2) ? "HTTP/2 with TLS" : "TLS");
        }
        if (streams() == FanoutPlan.Protocol.WS) {
            words.add("WebSocket");
        }
        switch (placement) {
            case SPREAD -> {}
            case FIRST_NODE -> words.add("clients on the first node");
            case FLOODED -> words.add("clients on the first node, all nodes flooded");
        }
        return String.join(", ", words);
    }

    /** Whole numbers without decimals. */
    public static String number(double value) {
        return value == Math.rint(value)
                ? String.format(Locale.ROOT, "%,.0f", value)
                : String.format(Locale.ROOT, "%.2f", value);
    }
}
