package dev.carillon.cli;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.carillon.base.PrintableUrl;
import dev.carillon.lab.bench.FanoutNodes;
import dev.carillon.lab.load.FanoutPlan;
import dev.carillon.lab.load.FanoutPlan.Broadcasting;
import dev.carillon.lab.load.FanoutPlan.Listening;
import dev.carillon.lab.load.FanoutPlan.Protocol;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@code bench fanout}. {@link #check} must be called first. */
final class FanoutOptions {
    private static final int MAX_NODES = 20;
    /** File descriptors of this process besides its connections: libraries, selectors, connections for broadcasting. */
    private static final int OTHER_DESCRIPTORS = 200;

    /** Ephemeral ports of one source address, rounded down. */
    private static final int CONNECTIONS_PER_SOURCE = 20_000;

    private static final int SCHEDULED_WINDOW = 64;
    private static final List<String> POLICIES = List.of("disconnect", "drop-oldest", "latest");
    private static final String LATEST = "latest";
    /** Number of different keys of events; the newest event of each key waits. */
    private static final int LATEST_KEYS = 8;

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "Node as http://HOST:PORT; may be repeated. Requires a token. Default: new nodes.")
    private List<String> urls = new ArrayList<>();

    @Option(
            names = "--token",
            paramLabel = "TOKEN",
            description = "With --url: token with grants to read topics and to broadcast to them. Variable: "
                    + Variables.TOKEN + ".")
    private @Nullable String token;

    @Option(
            names = "--pid",
            paramLabel = "PID",
            description = "With --url: process id of a node on this machine, to measure its cost; may be repeated.")
    private List<Long> pids = new ArrayList<>();

    @Option(names = "--nodes", paramLabel = "N", description = "Number of new nodes, 1 to 20. Default: 1.")
    private @Nullable Integer nodes;

    @Option(
            names = "--broker",
            paramLabel = "ADDRESS",
            description =
                    "Broker of the new nodes, redis://HOST:PORT or nats://HOST:PORT. Default: memory, for one node.")
    private @Nullable String broker;

    @Option(
            names = "--protocol",
            paramLabel = "NAME",
            defaultValue = "sse",
            description = "Protocol of the clients, sse or ws. Default: sse.")
    private String protocol = "sse";

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Number of clients, 1 to 1000000. Default: 1000.")
    private int connections;

    @Option(
            names = "--stalled",
            paramLabel = "N",
            defaultValue = "0",
            description = "Number of clients that stop reading after they have connected. Default: 0.")
    private int stalled;

    @Option(
            names = "--slow",
            paramLabel = "POLICY",
            description =
                    "With --stalled and new nodes: policy for clients that read too slowly, disconnect, drop-oldest or latest. "
                            + "Default: disconnect.")
    private @Nullable String slow;

    @Option(
            names = "--topics",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "Number of topics, which the broadcasts use in turn; each client subscribes to one. Default: 1.")
    private int topics;

    @Option(names = "--gzip", description = "Request compressed streams, and decompress them.")
    private boolean gzip;

    @Option(
            names = "--addresses",
            paramLabel = "N",
            description =
                    "Number of source addresses of the clients (127.0.0.2 and so on), 1 to 250. Default: one for each 20000 clients.")
    private @Nullable Integer addresses;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Number of reading threads, 1 to 64. Default: half the number of processors.")
    private @Nullable Integer threads;

    @Option(
            names = "--size",
            paramLabel = "BYTES",
            defaultValue = "100",
            description = "Size of the data of an event in bytes, 64 to 262144. Default: 100.")
    private int size;

    @Option(
            names = "--rate",
            paramLabel = "N",
            description = "Scheduled broadcasts per second, above 0 to 1000000. Default: as fast as possible.")
    private @Nullable Double rate;

    @Option(
            names = "--window",
            paramLabel = "N",
            description =
                    "Maximum number of broadcasts in flight, 1 to 1000: without --rate until all clients have received them (default "
                            + "1), with --rate until they are answered (default 64).")
    private @Nullable Integer window;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "10",
            description = "Duration of the measurement in seconds, 1 to 3600. Default: 10.")
    private int seconds;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            defaultValue = "3",
            description = "Duration of the warm-up in seconds, 0 to 3600, which is not measured. Default: 3.")
    private int warmUp;

    private List<InetSocketAddress> targets = List.of();
    private @Nullable String usedToken;

    /** @throws CommandException for the first invalid option */
    void check(Map<String, String> variables) {
        between("connections", connections, 1, FanoutPlan.MAX_CONNECTIONS);
        between("stalled", stalled, 0, connections - 1);
        between("topics", topics, 1, Math.min(FanoutPlan.MAX_TOPICS, connections - stalled));
        between("size", size, FanoutPlan.minPayloadBytes(), Broadcasting.MAX_PAYLOAD_BYTES);
        between("window", window(), 1, Broadcasting.MAX_WINDOW);
        between("seconds", seconds, 1, FanoutPlan.Length.MAX_SECONDS);
        between("warm-up", warmUp, 0, FanoutPlan.Length.MAX_SECONDS);
        between("threads", threads(), 1, FanoutPlan.MAX_THREADS);
        between("nodes", nodes(), 1, MAX_NODES);
        between("addresses", addresses == null ? 1 : addresses, 1, FanoutPlan.MAX_SOURCES);
        if (rate != null && !(rate > 0 && rate <= Broadcasting.MAX_RATE)) {
            throw misused("rate", rate, "must be a number above 0, at most " + Broadcasting.MAX_RATE);
        }
        if (!protocol.equals("sse") && !protocol.equals("ws")) {
            throw misused("protocol", protocol, "must be sse or ws");
        }
        if (gzip && protocol.equals("ws")) {
            throw misused("gzip", "true", "must be used only with sse: WebSockets are not compressed");
        }
        if (nodes() > 1 && urls.isEmpty() && broker().equals("memory")) {
            throw misused(
                    "nodes",
                    nodes(),
                    "must have a broker that joins them: set --broker to redis://HOST:PORT or nats://HOST:PORT");
        }
        if (!POLICIES.contains(slow())) {
            throw misused("slow", slow(), "must be disconnect, drop-oldest or latest");
        }
        if (stalled == 0) {
            only("slow", slow != null, "with --stalled");
        }
        checkDescriptors();
        targets = urls.stream().map(FanoutOptions::target).toList();
        if (urls.isEmpty()) {
            only("token", token != null, "with --url: new nodes have a token");
            only("pid", !pids.isEmpty(), "with --url: new nodes are always measured");
        } else {
            only("nodes", nodes != null, "without --url");
            only("broker", broker != null, "without --url");
            only("slow", slow != null, "without --url: running nodes have their own policies");
            usedToken = BearerToken.checked(token != null ? token : variables.get(Variables.TOKEN));
        }
        if (sources() > 0 && !targets.stream().allMatch(to -> to.getAddress().isLoopbackAddress())) {
            throw misused("addresses", sources(), "must be used only with nodes at loopback addresses");
        }
    }

    private static void only(String name, boolean given, String when) {
        if (given) {
            throw misused(name, "(given)", "must be used only " + when);
        }
    }

    private void checkDescriptors() {
        if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
                && connections + window() + OTHER_DESCRIPTORS > system.getMaxFileDescriptorCount()) {
            throw misused(
                    "connections",
                    connections,
                    "exceeds the limit of file descriptors of this process, " + system.getMaxFileDescriptorCount()
                            + " (ulimit -n)");
        }
    }

    private static InetSocketAddress target(String url) {
        try {
            URI uri = new URI(url);
            if ("http".equals(uri.getScheme())
                    && uri.getHost() != null
                    && uri.getPort() >= 1
                    && uri.getPort() <= 65_535
                    && uri.getRawUserInfo() == null
                    && uri.getRawQuery() == null
                    && uri.getRawFragment() == null
                    && (uri.getRawPath().isEmpty() || uri.getRawPath().equals("/"))) {
                InetSocketAddress address = new InetSocketAddress(uri.getHost(), uri.getPort());
                if (address.isUnresolved()) {
                    throw misused("url", PrintableUrl.of(url), "has an unknown host");
                }
                return address;
            }
        } catch (URISyntaxException e) {
            // The exception below names the rule.
        }
        throw misused("url", PrintableUrl.of(url), "must be http://HOST:PORT, without a path; TLS is not supported");
    }

    private static void between(String name, int value, int min, int max) {
        int _ = WholeNumber.checked(name, value, min, max);
    }

    private static CommandException misused(String name, Object value, String rule) {
        return CommandException.misused(name + ": " + value + ": " + rule);
    }

    private int threads() {
        return threads != null
                ? threads
                : Math.clamp(Runtime.getRuntime().availableProcessors() / 2, 1, FanoutPlan.MAX_THREADS);
    }

    private int window() {
        return window != null ? window : rate != null ? SCHEDULED_WINDOW : 1;
    }

    /** Number of source addresses; 0: the system chooses. */
    private int sources() {
        if (addresses != null) {
            return addresses;
        }
        int needed = (connections + CONNECTIONS_PER_SOURCE - 1) / CONNECTIONS_PER_SOURCE;
        return needed <= 1 ? 0 : Math.min(needed, FanoutPlan.MAX_SOURCES);
    }

    String slow() {
        return slow == null ? POLICIES.getFirst() : slow;
    }

    boolean anyStalled() {
        return stalled > 0;
    }

    private int nodes() {
        return nodes == null ? 1 : nodes;
    }

    private String broker() {
        return broker == null ? "memory" : broker;
    }

    FanoutNodes.Own own() {
        return new FanoutNodes.Own(nodes(), broker(), slow());
    }

    /** Of nodes that are there; empty: it starts its own. */
    List<InetSocketAddress> targets() {
        return targets;
    }

    List<Long> pids() {
        return pids;
    }

    /** For nodes that are there. */
    Optional<String> token() {
        return Optional.ofNullable(usedToken);
    }

    Listening listening(List<InetSocketAddress> at, @Nullable String listenToken) {
        return new Listening(
                protocol.equals("ws") ? Protocol.WS : Protocol.SSE,
                at,
                connections,
                stalled,
                topics,
                gzip,
                sources(),
                threads(),
                listenToken);
    }

    Broadcasting broadcasting(String broadcastToken) {
        int keys = slow().equals(LATEST) ? LATEST_KEYS : 0;
        return new Broadcasting(size, rate == null ? 0 : rate, window(), keys, broadcastToken);
    }

    FanoutPlan.Length length() {
        return new FanoutPlan.Length(warmUp, seconds);
    }
}
