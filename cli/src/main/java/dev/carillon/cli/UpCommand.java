package dev.carillon.cli;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Key;
import dev.carillon.base.Settings;
import dev.carillon.broker.Brokers;
import dev.carillon.node.NodeConfig;
import dev.carillon.node.NodeKeys;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;

/** {@code up}: a cluster on this machine, to try and to develop, until it is told to stop. */
final class UpCommand implements Callable<Integer> {
    static final Key NODES = Key.of("nodes", "N", "3", "How many nodes.");

    private static final int MAX_NODES = 100;
    private static final int ADMIN_OFFSET = 1000;
    private static final Duration TOKEN_EXPIRES = Duration.ofHours(24);

    private static final Key PORT = Key.of(
            NodeKeys.PORT.name(),
            "PORT",
            "8080",
            "The nodes are on PORT+1, PORT+2, ..., their admin ports on PORT+" + (ADMIN_OFFSET + 1) + ", ....");

    /** What it decides itself, node by node. */
    private static final Set<Key> OWN =
            Set.of(NodeKeys.PORT, NodeKeys.ADMIN_PORT, NodeKeys.NODE_ID, NodeKeys.ANONYMOUS);

    private static final KeyOptions OPTIONS = new KeyOptions(Stream.concat(
                    Stream.of(NODES, PORT), NodeKeys.ALL.stream().filter(key -> !OWN.contains(key)))
            .toList());

    private final Console console;
    private final CommandSpec spec;

    private UpCommand(Console console) {
        this.console = console;
        this.spec = CommandSpec.wrapWithoutInspection(this).name("up");
    }

    static CommandSpec spec(Console console) {
        CommandSpec spec = new UpCommand(console).spec;
        OPTIONS.addTo(spec);
        spec.usageMessage()
                .abbreviateSynopsis(true)
                .description("Starts a cluster on this machine, to try and to develop, and ends it in order at Ctrl-C or "
                        + "SIGTERM. Clients without a token may listen. Key and secret are made for the run where none is "
                        + "given. With the broker in memory all nodes are in one process; with another each has its own.")
                .footer(
                        "",
                        "Example: two nodes over Redis",
                        "  ./carillon up --nodes 2 --broker redis://127.0.0.1:6379");
        return spec;
    }

    @Override
    public Integer call() throws InterruptedException {
        Settings settings =
                OPTIONS.settings(spec.commandLine().getParseResult(), console.variables());
        int nodes = settings.integer(NODES, 1, MAX_NODES);
        int port = settings.integer(PORT, 1, 65_535 - ADMIN_OFFSET - nodes);
        String algorithm = settings.required(NodeKeys.JWT_ALG);
        if (!algorithm.equals("HS256")) {
            throw new ConfigException(
                    NodeKeys.JWT_ALG.name(), algorithm, "must be HS256 here, as up makes a token; serve takes others");
        }
        Map<String, String> common = common(settings);
        JwtKey key = JwtKey.of(settings.text(NodeKeys.JWT_KEY), settings.text(NodeKeys.JWT_KEY_FILE))
                .orElseGet(() -> JwtKey.of(common.computeIfAbsent(NodeKeys.JWT_KEY.name(), name -> JwtKey.random())));
        common.computeIfAbsent(NodeKeys.SECRET.name(), name -> JwtKey.random());
        List<Cluster.Plan> plans = IntStream.rangeClosed(1, nodes)
                .mapToObj(i -> new Cluster.Plan("n" + i, port + i, port + ADMIN_OFFSET + i, common))
                .toList();
        for (Cluster.Plan plan : plans) {
            NodeConfig.of(plan.settings());
            mustBeFree(plan.shared(NodeKeys.HOST), plan.port());
            mustBeFree(plan.shared(NodeKeys.ADMIN_HOST), plan.adminPort());
        }
        String broker = settings.required(NodeKeys.BROKER);
        boolean inMemory = broker.equals("memory") || broker.startsWith("memory:");
        Cluster cluster = inMemory ? ThreadCluster.start(plans) : ProcessCluster.start(console, plans);
        Shutdown.onSignal(() -> {
            cluster.close();
            console.out().println("carillon: " + nodes(nodes) + " stopped");
        });
        welcome(cluster.members(), broker, key);
        cluster.awaitEnd();
        return Main.OK;
    }

    /** What all nodes share, as entries of their configuration. */
    private static Map<String, String> common(Settings settings) {
        Map<String, String> common = new HashMap<>();
        for (Key key : NodeKeys.ALL) {
            if (!OWN.contains(key)) {
                Optional<String> value = settings.text(key);
                value.ifPresent(v -> common.put(key.name(), v));
            }
        }
        common.put(NodeKeys.ANONYMOUS.name(), "true");
        return common;
    }

    /** Told before anything starts half. */
    private static void mustBeFree(String host, int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            InetSocketAddress address = new InetSocketAddress(host, port);
            if (address.isUnresolved()) {
                throw new ConfigException(NodeKeys.HOST.name(), host, "must be an address of this machine");
            }
            socket.bind(address);
        } catch (IOException e) {
            throw CommandException.failed("port " + port + " of " + host + " cannot be used: " + e.getMessage()
                    + "; stop what listens there, or give another --port");
        }
    }

    private void welcome(List<Cluster.Member> members, String broker, JwtKey key) {
        PrintStream out = console.out();
        out.println("Carillon: " + nodes(members.size()) + " on " + Brokers.redacted(broker));
        out.println();
        for (Cluster.Member member : members) {
            Serving serving = member.serving();
            out.println("  " + serving.id() + "  " + serving.url() + "  admin " + serving.adminUrl()
                    + (member.pid().isPresent() ? "  process " + member.pid().getAsLong() : ""));
        }
        out.println();
        out.println("A token for all of the tenant \"default\", good for " + TOKEN_EXPIRES.toHours() + " hours:");
        out.println();
        out.println("  export " + BroadcastCommand.TOKEN_VARIABLE + "="
                + key.token(JwtKey.Claims.EVERYTHING, Instant.now(), TOKEN_EXPIRES));
        out.println();
        out.println("Listen at any node, then broadcast at any other:");
        out.println();
        out.println("  curl -N '" + members.getLast().serving().url() + "/events?route=/board'");
        out.println("  ./carillon broadcast --url " + members.getFirst().serving().url()
                + " --scope route:/board --data hello");
        out.println();
        out.println("Ctrl-C ends all.");
    }

    private static String nodes(int n) {
        return n == 1 ? "1 node" : n + " nodes";
    }
}
