package dev.carillon.lab.load;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The parameters of a {@link Fanout}. Each part validates itself; an {@link IllegalArgumentException} is a defect of the caller. */
public record FanoutPlan(
        Listening listening, Broadcasting broadcasting, Length length, Monitored monitored, Access access) {
    /** Limits of one run; sources are addresses of the loopback network. */
    public static final int MAX_CONNECTIONS = 1_000_000;

    public static final int MAX_SOURCES = 250;
    public static final int MAX_TOPICS = 10_000;
    public static final int MAX_THREADS = 64;

    public FanoutPlan {
        boolean tls = access.tls() != null;
        require(!tls || listening.stalled() == 0, "stalled clients without TLS");
        require(!access.isHttp2() || listening.protocol() == Protocol.SSE, "HTTP/2 needs SSE");
        require(access.audience() != Access.Audience.GLOBAL || listening.topics() == 1, "one group of all");
        require(
                access.audience() != Access.Audience.SESSION
                        || listening.topics() == listening.connections() && listening.protocol() == Protocol.SSE,
                "a session for each connection, with SSE");
    }

    /** Clients in topics, which reach the nodes directly. */
    public FanoutPlan(Listening listening, Broadcasting broadcasting, Length length, Monitored monitored) {
        this(listening, broadcasting, length, monitored, Access.DIRECT);
    }

    /** Addresses for broadcasts. */
    List<InetSocketAddress> broadcastTo() {
        return access.broadcastTo().isEmpty() ? listening.nodes() : access.broadcastTo();
    }

    /** Protocol of the streams. */
    public enum Protocol {
        SSE,
        WS
    }

    /**
     * The clients. Connection i subscribes to topic i mod {@code topics}; the connections of a topic are spread over the nodes.
     *
     * @param nodes nodes for connections and broadcasts, in turn
     * @param stalled number of connections that stop reading after they opened; no delivery to them is expected
     * @param gzip whether they request compressed streams; only with SSE
     * @param sources number of source addresses, from 127.0.0.2 on; 0: the system chooses
     * @param threads number of reader threads
     * @param token token of the clients; null: none
     */
    public record Listening(
            Protocol protocol,
            List<InetSocketAddress> nodes,
            int connections,
            int stalled,
            int topics,
            boolean gzip,
            int sources,
            int threads,
            @Nullable String token) {
        public Listening {
            nodes = List.copyOf(nodes);
            require(!nodes.isEmpty(), "no nodes");
            require(connections >= 1 && connections <= MAX_CONNECTIONS, "connections");
            require(stalled >= 0 && stalled < connections, "stalled");
            require(topics >= 1 && topics <= Math.min(MAX_TOPICS, connections - stalled), "topics");
            require(!gzip || protocol == Protocol.SSE, "gzip needs SSE");
            require(sources >= 0 && sources <= MAX_SOURCES, "sources");
            require(threads >= 1 && threads <= MAX_THREADS, "threads");
        }

        /** Without the token. */
        @Override
        public String toString() {
            return connections + " of " + protocol + ", " + topics + " topics, " + nodes;
        }

        int topic(int connection) {
            return connection % topics;
        }

        static String url(InetSocketAddress node) {
            return "http://" + node.getHostString() + ":" + node.getPort();
        }

        /** Addresses of all nodes. */
        String urls() {
            return nodes.stream().map(Listening::url).collect(Collectors.joining(", "));
        }

        InetSocketAddress node(int connection) {
            return nodes.get((connection / topics + connection % topics) % nodes.size());
        }

        boolean isStalled(int connection) {
            return connection >= connections - stalled;
        }
    }

    /**
     * The broadcasts.
     *
     * @param payloadBytes size of the data of an event
     * @param rate broadcasts per second on a fixed schedule (open loop); 0: the next broadcast waits for deliveries (closed loop)
     * @param window publisher connections, each with at most one broadcast in flight; without a rate, also the number of events in flight to clients
     * @param keys number of keys that the events use in turn; 0: events have no key
     * @param token token of the broadcasts
     */
    public record Broadcasting(int payloadBytes, double rate, int window, int keys, String token) {
        public static final int MAX_PAYLOAD_BYTES = 256 * 1024;
        public static final int MAX_RATE = 1_000_000;
        public static final int MAX_WINDOW = 1_000;

        public Broadcasting {
            require(payloadBytes >= PayloadHeader.MIN_BYTES && payloadBytes <= MAX_PAYLOAD_BYTES, "payload");
            require(rate >= 0 && rate <= MAX_RATE, "rate");
            require(window >= 1 && window <= MAX_WINDOW, "window");
            require(keys >= 0, "keys");
        }

        boolean scheduled() {
            return rate > 0;
        }

        /** Without the token. */
        @Override
        public String toString() {
            return payloadBytes + " bytes, rate " + rate + ", window " + window;
        }
    }

    /**
     * The duration. The warm-up comes first; it counts only in the accounting.
     *
     * @param idleSeconds before that, for the cost of open connections without events
     */
    public record Length(int warmUpSeconds, int seconds, int idleSeconds) {
        public static final int MAX_SECONDS = 3_600;

        public Length {
            require(warmUpSeconds >= 0 && warmUpSeconds <= MAX_SECONDS, "warm-up");
            require(seconds >= 1 && seconds <= MAX_SECONDS, "seconds");
            require(idleSeconds >= 0 && idleSeconds <= MAX_SECONDS, "idle");
        }

        public Length(int warmUpSeconds, int seconds) {
            this(warmUpSeconds, seconds, 0);
        }
    }

    /**
     * The monitored processes on this machine.
     *
     * @param pids process ids of nodes
     * @param heaps whether they run on this JDK, so that their live heap can be measured
     * @param slow how the nodes treat slow clients; null: their metrics are not read
     * @param others process ids of brokers and proxies
     */
    public record Monitored(
            List<Long> pids, boolean heaps, @Nullable Slow slow, List<Long> others) {
        public Monitored {
            pids = List.copyOf(pids);
            others = List.copyOf(others);
        }

        /** Nodes only. */
        public Monitored(List<Long> pids, boolean heaps, @Nullable Slow slow) {
            this(pids, heaps, slow, List.of());
        }
    }

    /**
     * How nodes treat slow clients.
     *
     * @param policy name of the policy
     * @param admins admin addresses of the nodes, for their metrics
     * @param outboxMaxBytes size limit of one outbox
     */
    public record Slow(String policy, List<InetSocketAddress> admins, long outboxMaxBytes) {
        public Slow {
            admins = List.copyOf(admins);
        }
    }

    /** Size in bytes of the smallest payload that has room for the header. */
    public static int minPayloadBytes() {
        return PayloadHeader.MIN_BYTES;
    }

    private static void require(boolean valid, String parameter) {
        if (!valid) {
            throw new IllegalArgumentException(parameter);
        }
    }
}
