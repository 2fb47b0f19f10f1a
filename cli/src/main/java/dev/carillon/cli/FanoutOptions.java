package dev.carillon.cli;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.carillon.base.PrintableUrl;
import dev.carillon.cli.base.BearerToken;
import dev.carillon.cli.base.CommandException;
import dev.carillon.cli.base.Variables;
import dev.carillon.cli.base.WholeNumber;
import dev.carillon.lab.bench.FanoutNodes;
import dev.carillon.lab.load.FanoutPlan;
import dev.carillon.lab.load.FanoutPlan.Broadcasting;
import dev.carillon.lab.load.FanoutPlan.Listening;
import dev.carillon.lab.load.FanoutPlan.Protocol;
import dev.carillon.node.NodeKeys;
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

/** The options of {@code bench fanout}. Call {@link #check} first. */
final class FanoutOptions {
    private static final int MAX_NODES = 20;
    private static final int MAX_IO_THREADS = 64;
    /** Descriptors of this process in addition to its connections: libraries, selectors, publisher connections. */
    private static final int OTHER_DESCRIPTORS = 200;

    /** Ephemeral ports of one source address, rounded down. */
    private static final int CONNECTIONS_PER_SOURCE = 20_000;

    private static final int OPEN_LOOP_WINDOW = 64;
    private static final List<String> POLICIES = List.of("disconnect", "drop-oldest", "latest");
    private static final String LATEST = "latest";
    /** Number of keys; the outbox keeps the newest event of each. */
    private static final int KEYS_OF_LATEST = 8;

    @Option(
            names = "--url",
            paramLabel = "URL",
            description =
                    "Address of an existing node, as http://HOST:PORT; may be repeated. Needs a token. Default: start nodes.")
    private List<String> urls = new ArrayList<>();

    @Option(
            names = "--token",
            paramLabel = "TOKEN",
            description =
                    "With --url: token for subscribing and broadcasting to topics. Variable: " + Variables.TOKEN + ".")
    private @Nullable String token;

    @Option(
            names = "--pid",
            paramLabel = "PID",
            description = "With --url: process id of a node on this machine whose cost is measured; may be repeated.")
    private List<Long> pids = new ArrayList<>();

    @Option(names = "--nodes", paramLabel = "N", description = "Number of nodes to start, 1 to 20. Default: 1.")
    private @Nullable Integer nodes;

    @Option(
            names = "--io-threads",
            paramLabel = "N",
            description = "Number of I/O threads of each started node, 1 to 64. Default: one for each processor.")
    private @Nullable Integer ioThreads;

    @Option(
            names = "--broker",
            paramLabel = "ADDRESS",
            description =
                    "Broker of the started nodes, as redis://HOST:PORT or nats://HOST:PORT. Default: memory, for one node.")
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
            description = "Number of clients that stop reading after they connected. Default: 0.")
    private int stalled;

    @Option(
            names = "--slow",
            paramLabel = "POLICY",
            description =
                    "With --stalled and without --url: policy for clients that read too slowly: disconnect, drop-oldest or latest. "
                            + "Default: disconnect.")
    private @Nullable String slow;

    @Option(
            names = "--topics",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "Number of topics that events are broadcast to in turn; each client subscribes to one. Default: 1.")
    private int topics;

    @Option(names = "--gzip", description = "Request compressed streams and decompress them.")
    private boolean gzip;

    @Option(
            names = "--addresses",
            paramLabel = "N",
            description =
                    "Number of source addresses of the clients, from 127.0.0.2 on, 1 to 250. Default: one per 20000 clients.")
    private @Nullable Integer addresses;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Number of reader threads, 1 to 64. Default: half the number of processors.")
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
            description =
                    "Broadcasts per second on a fixed schedule, above 0 to 1000000. Default: no schedule; the next broadcast waits for deliveries.")
    private @Nullable Double rate;

    @Option(
            names = "--window",
            paramLabel = "N",
            description =
                    "Number of broadcasts in flight, 1 to 1000: with --rate until they are acknowledged (default 64), without it until they are "
                            + "delivered to all clients (default 1).")
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
            description =
                    "Duration of the warm-up in seconds, 0 to 3600; it counts only in the accounting. Default: 3.")
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
        between("io-threads", ioThreads == null ? 1 : ioThreads, 1, MAX_IO_THREADS);
        between("addresses", addresses == null ? 1 : addresses, 1, FanoutPlan.MAX_SOURCES);
        if (rate != null && !(rate > 0 && rate <= Broadcasting.MAX_RATE)) {
            throw misused("rate", rate, "must be a number above 0, at most " + Broadcasting.MAX_RATE);
        }
        if (!protocol.equals("sse") && !protocol.equals("ws")) {
            throw misused("protocol", protocol, "must be sse or ws");
        }
        if (gzip && protocol.equals("ws")) {
            throw misused("gzip", "true", "must be given only with --protocol sse: WebSockets are not compressed");
        }
        if (nodes() > 1 && urls.isEmpty() && broker().equals("memory")) {
            throw misused(
                    "nodes",
                    nodes(),
                    "must be 1 with the memory broker: give --broker redis://HOST:PORT or nats://HOST:PORT");
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
            only("token", token != null, "with --url");
            only("pid", !pids.isEmpty(), "with --url: started nodes are always monitored");
        } else {
            only("nodes", nodes != null, "without --url");
            only("io-threads", ioThreads != null, "without --url");
            only("broker", broker != null, "without --url");
            only("slow", slow != null, "without --url: existing nodes have policies of their own");
            usedToken = BearerToken.checked(token != null ? token : variables.get(Variables.TOKEN));
        }
        if (sources() > 0 && !targets.stream().allMatch(to -> to.getAddress().isLoopbackAddress())) {
            throw misused(
                    "addresses", sources(), "must be given only with nodes on this machine: give urls of 127.0.0.1");
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
                    "must fit into the limit of open files of this process, " + system.getMaxFileDescriptorCount()
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
                    throw misused("url", PrintableUrl.of(url), "must name a known host");
                }
                return address;
            }
        } catch (URISyntaxException e) {
            // Reported below.
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
        return window != null ? window : rate != null ? OPEN_LOOP_WINDOW : 1;
    }

    /** 0 if the system chooses. */
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

    FanoutNodes.StartPlan startPlan() {
        return new FanoutNodes.StartPlan(
                nodes(),
                broker(),
                slow(),
                ioThreads == null ? Map.of() : Map.of(NodeKeys.IO_THREADS.name(), ioThreads.toString()));
    }

    /** Addresses of existing nodes; empty if nodes are started. */
    List<InetSocketAddress> targets() {
        return targets;
    }

    List<Long> pids() {
        return pids;
    }

    /** Token for existing nodes. */
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
        int keys = slow().equals(LATEST) ? KEYS_OF_LATEST : 0;
        return new Broadcasting(size, rate == null ? 0 : rate, window(), keys, broadcastToken);
    }

    FanoutPlan.Length length() {
        return new FanoutPlan.Length(warmUp, seconds);
    }
}
