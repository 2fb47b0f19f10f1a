package dev.carillon.cli;

import dev.carillon.auth.JwtConfig;
import dev.carillon.fanout.FanOutConfig;
import dev.carillon.lab.load.FanoutPlan;
import dev.carillon.node.NodeKeys;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The nodes that a load is for: those that are there, or some of its own, each a process. */
final class FanoutNodes implements AutoCloseable {
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

    static FanoutNodes of(Console console, FanoutOptions options) {
        return options.token()
                .map(token -> new FanoutNodes(options.targets(), options.pids(), token, null))
                .orElseGet(() -> start(console, options));
    }

    private static FanoutNodes start(Console console, FanoutOptions options) {
        String key = Tokens.randomKey();
        Map<String, String> common = new HashMap<>();
        common.put(NodeKeys.JWT_KEY.name(), key);
        common.put(NodeKeys.SECRET.name(), Tokens.randomKey());
        common.put(NodeKeys.ANONYMOUS.name(), "true");
        common.put(NodeKeys.BROKER.name(), options.broker());
        common.put(NodeKeys.SCOPE_POLICIES.name(), "topic:*=10000/1h/" + options.slow());
        common.put(NodeKeys.OUTBOX_MAX_BYTES.name(), "" + OUTBOX_MAX_BYTES);
        List<Cluster.Plan> plans = IntStream.rangeClosed(1, options.nodes())
                .mapToObj(i -> new Cluster.Plan("n" + i, 0, 0, common))
                .toList();
        // Standard output is for the result alone.
        Cluster cluster = ProcessCluster.start(
                new Console(console.in(), console.err(), console.err(), console.variables()), plans);
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

    List<InetSocketAddress> addresses() {
        return addresses;
    }

    List<Long> pids() {
        return pids;
    }

    /** What its own nodes do about clients that read too slowly; null: they are not its own. */
    FanoutPlan.@Nullable Slow slow(String policy) {
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

    boolean areOwn() {
        return own != null;
    }

    String broadcastToken() {
        return token;
    }

    /** Its own nodes let clients in without one, as most are in the field. */
    @Nullable
    String listenToken() {
        return own == null ? token : null;
    }

    void kill() {
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
