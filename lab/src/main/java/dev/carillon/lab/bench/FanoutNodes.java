package dev.carillon.lab.bench;

import dev.carillon.fanout.FanOutConfig;
import dev.carillon.jwt.JwtConfig;
import dev.carillon.lab.cluster.Cluster;
import dev.carillon.lab.cluster.Commands;
import dev.carillon.lab.cluster.ProcessCluster;
import dev.carillon.lab.cluster.Tokens;
import dev.carillon.lab.load.FanoutPlan;
import dev.carillon.node.NodeKeys;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The nodes of a load test: existing nodes, or nodes that it starts in processes of their own. */
public final class FanoutNodes implements AutoCloseable {
    private static final Duration TOKEN_LIFETIME = Duration.ofHours(4);
    private static final int OUTBOX_MAX_BYTES = FanOutConfig.DEFAULT.outboxMaxBytes();

    private final List<InetSocketAddress> addresses;
    private final List<Long> pids;
    private final String token;
    private final @Nullable Cluster started;

    private FanoutNodes(List<InetSocketAddress> addresses, List<Long> pids, String token, @Nullable Cluster started) {
        this.addresses = addresses;
        this.pids = pids;
        this.token = token;
        this.started = started;
    }

    /**
     * Nodes to start.
     *
     * @param slow policy for slow clients
     * @param settings further settings of each node
     */
    public record StartPlan(int nodes, String broker, String slow, Map<String, String> settings) {
        /** The policy with which nodes disconnect slow clients. */
        public static final String DISCONNECT = "disconnect";

        public StartPlan {
            settings = Map.copyOf(settings);
        }

        public StartPlan(int nodes, String broker, String slow) {
            this(nodes, broker, slow, Map.of());
        }
    }

    /** Existing nodes.
     *
     * @param pids processes to monitor
     */
    public static FanoutNodes existing(List<InetSocketAddress> addresses, List<Long> pids, String token) {
        return new FanoutNodes(addresses, pids, token, null);
    }

    /** @param log receives the output of the nodes, and a line for each node that exits */
    public static FanoutNodes start(Commands commands, StartPlan plan, PrintStream log) {
        String key = Tokens.randomKey();
        Map<String, String> common = new HashMap<>();
        common.put(NodeKeys.JWT_KEY.name(), key);
        common.put(NodeKeys.SECRET.name(), Tokens.randomKey());
        common.put(NodeKeys.ANONYMOUS.name(), "true");
        common.put(NodeKeys.BROKER.name(), plan.broker());
        common.put(NodeKeys.SCOPE_POLICIES.name(), "topic:*=10000/1h/" + plan.slow());
        common.put(NodeKeys.OUTBOX_MAX_BYTES.name(), "" + OUTBOX_MAX_BYTES);
        common.putAll(plan.settings());
        List<Cluster.Plan> plans = IntStream.rangeClosed(1, plan.nodes())
                .mapToObj(i -> new Cluster.Plan("n" + i, 0, 0, 0, common))
                .toList();
        Cluster cluster = ProcessCluster.start(commands, plans, log, log);
        String token = Tokens.of(JwtConfig.of("HS256", key, true))
                .orElseThrow()
                .make(Tokens.Claims.EVERYTHING, TOKEN_LIFETIME);
        return new FanoutNodes(
                cluster.members().stream()
                        .map(member -> new InetSocketAddress(
                                member.address().host(), member.address().port()))
                        .toList(),
                cluster.members().stream()
                        .map(member -> member.pid().orElseThrow())
                        .toList(),
                token,
                cluster);
    }

    public List<InetSocketAddress> addresses() {
        return addresses;
    }

    public List<Long> pids() {
        return pids;
    }

    /** How the started nodes treat slow clients; null for existing nodes. */
    public FanoutPlan.@Nullable Slow slow(String policy) {
        return started == null
                ? null
                : new FanoutPlan.Slow(
                        policy,
                        started.members().stream()
                                .map(member -> new InetSocketAddress(
                                        member.address().adminHost(),
                                        member.address().adminPort()))
                                .toList(),
                        OUTBOX_MAX_BYTES);
    }

    public boolean areStarted() {
        return started != null;
    }

    public String broadcastToken() {
        return token;
    }

    /** Null for started nodes: they accept anonymous clients. */
    @Nullable
    public String listenToken() {
        return started == null ? token : null;
    }

    public void kill() {
        if (started != null) {
            started.kill();
        }
    }

    @Override
    public void close() {
        if (started != null) {
            started.close();
        }
    }
}
