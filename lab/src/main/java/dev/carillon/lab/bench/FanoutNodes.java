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

/** The nodes that a load is for: those that are there, or some of its own, each a process. */
public final class FanoutNodes implements AutoCloseable {
    private static final Duration TOKEN_EXPIRES = Duration.ofHours(4);
    private static final int OUTBOX_MAX_BYTES = FanOutConfig.DEFAULT.outboxMaxBytes();

    private final List<InetSocketAddress> addresses;
    private final List<Long> pids;
    private final String token;
    private final @Nullable Cluster own;

    private FanoutNodes(List<InetSocketAddress> addresses, List<Long> pids, String token, @Nullable Cluster own) {
        this.addresses = addresses;
        this.pids = pids;
        this.token = token;
        this.own = own;
    }

    /**
     * Nodes to start.
     *
     * @param slow policy for clients that read too slowly
     */
    public record Own(int nodes, String broker, String slow) {}

    /** Those that are there, with the processes of those whose cost is read. */
    public static FanoutNodes at(List<InetSocketAddress> addresses, List<Long> pids, String token) {
        return new FanoutNodes(addresses, pids, token, null);
    }

    /** @param log takes what the nodes print, and which of them has died */
    public static FanoutNodes start(Commands commands, Own own, PrintStream log) {
        String key = Tokens.randomKey();
        Map<String, String> common = new HashMap<>();
        common.put(NodeKeys.JWT_KEY.name(), key);
        common.put(NodeKeys.SECRET.name(), Tokens.randomKey());
        common.put(NodeKeys.ANONYMOUS.name(), "true");
        common.put(NodeKeys.BROKER.name(), own.broker());
        common.put(NodeKeys.SCOPE_POLICIES.name(), "topic:*=10000/1h/" + own.slow());
        common.put(NodeKeys.OUTBOX_MAX_BYTES.name(), "" + OUTBOX_MAX_BYTES);
        List<Cluster.Plan> plans = IntStream.rangeClosed(1, own.nodes())
                .mapToObj(i -> new Cluster.Plan("n" + i, 0, 0, 0, common))
                .toList();
        Cluster cluster = ProcessCluster.start(commands, plans, log, log);
        String token =
                Tokens.of(JwtConfig.of("HS256", key, true)).orElseThrow().make(Tokens.Claims.EVERYTHING, TOKEN_EXPIRES);
        return new FanoutNodes(
                cluster.members().stream()
                        .map(member -> new InetSocketAddress(
                                member.serving().host(), member.serving().port()))
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

    /** What its own nodes do about clients that read too slowly; null: they are not its own. */
    public FanoutPlan.@Nullable Slow slow(String policy) {
        return own == null
                ? null
                : new FanoutPlan.Slow(
                        policy,
                        own.members().stream()
                                .map(member -> new InetSocketAddress(
                                        member.serving().adminHost(),
                                        member.serving().adminPort()))
                                .toList(),
                        OUTBOX_MAX_BYTES);
    }

    public boolean areOwn() {
        return own != null;
    }

    public String broadcastToken() {
        return token;
    }

    /** Its own nodes let clients in without one, as most are in the field. */
    @Nullable
    public String listenToken() {
        return own == null ? token : null;
    }

    public void kill() {
        if (own != null) {
            own.kill();
        }
    }

    @Override
    public void close() {
        if (own != null) {
            own.close();
        }
    }
}
