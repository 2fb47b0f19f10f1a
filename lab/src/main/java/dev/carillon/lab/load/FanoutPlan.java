package dev.carillon.lab.load;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a {@link Fanout} does. Each part checks itself; {@link IllegalArgumentException} is a defect of who made it. */
public record FanoutPlan(Listening listening, Broadcasting broadcasting, Length length, Watched watched) {
    /** Connections, and source addresses of the loopback network, one run may have. */
    public static final int MAX_CONNECTIONS = 1_000_000;

    public static final int MAX_SOURCES = 250;
    public static final int MAX_TOPICS = 10_000;
    public static final int MAX_THREADS = 64;

    /** How events come. */
    public enum Protocol {
        SSE,
        WS
    }

    /**
     * The clients. Connection i is in topic i mod {@code topics}; a topic's connections are spread over the nodes.
     *
     * @param nodes that they connect to, and broadcasts go to, in turn
     * @param stalled how many of the connections stop reading once they are open; they owe nothing
     * @param gzip whether they ask for compressed streams; of SSE alone
     * @param sources how many addresses they come from: 127.0.0.2 and those after it; 0: the system's choice
     * @param threads that read
     * @param token that they present
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
            require(!gzip || protocol == Protocol.SSE, "gzip is of SSE");
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

        /** Of all nodes. */
        String urls() {
            return nodes.stream().map(Listening::url).collect(Collectors.joining(", "));
        }

        InetSocketAddress node(int connection) {
            return nodes.get((connection / topics + connection % topics) % nodes.size());
        }

        boolean stalls(int connection) {
            return connection >= connections - stalled;
        }
    }

    /**
     * The broadcasts.
     *
     * @param payloadBytes size of the data of each
     * @param rate a second, by schedule whatever comes back; 0: as fast as it goes
     * @param window connections for broadcasting, each with one broadcast under way at the most; without a rate, also how many events
     *     may be on their way to clients
     * @param keys how many keys the events have, in turn; 0: none
     * @param token that grants it
     */
    public record Broadcasting(int payloadBytes, double rate, int window, int keys, String token) {
        public static final int MAX_PAYLOAD_BYTES = 256 * 1024;
        public static final int MAX_RATE = 1_000_000;
        public static final int MAX_WINDOW = 1_000;

        public Broadcasting {
            require(payloadBytes >= Stamp.MIN_BYTES && payloadBytes <= MAX_PAYLOAD_BYTES, "payload");
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

    /** How long it lasts; the warm-up comes first, and is in no figure but the accounting. */
    public record Length(int warmUpSeconds, int seconds) {
        public static final int MAX_SECONDS = 3_600;

        public Length {
            require(warmUpSeconds >= 0 && warmUpSeconds <= MAX_SECONDS, "warm-up");
            require(seconds >= 1 && seconds <= MAX_SECONDS, "seconds");
        }
    }

    /**
     * Whose cost is read; on this machine alone.
     *
     * @param pids of the processes of nodes
     * @param heaps whether they are of this JDK, so that their live heap can be asked for
     * @param slow of nodes that tell what clients which stall cost; null: they are not asked
     */
    public record Watched(
            List<Long> pids, boolean heaps, @Nullable Slow slow) {
        public Watched {
            pids = List.copyOf(pids);
        }
    }

    /**
     * What nodes do about clients that read too slowly.
     *
     * @param policy as nodes name it
     * @param admins where the nodes tell their metrics
     * @param outboxMaxBytes how many bytes may wait for one client
     */
    public record Slow(String policy, List<InetSocketAddress> admins, long outboxMaxBytes) {
        public Slow {
            admins = List.copyOf(admins);
        }
    }

    /** The smallest payload that can carry what the accounting needs, in bytes. */
    public static int minPayloadBytes() {
        return Stamp.MIN_BYTES;
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new IllegalArgumentException(what);
        }
    }
}
