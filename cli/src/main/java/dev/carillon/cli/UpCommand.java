package dev.carillon.cli;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Key;
import dev.carillon.base.Settings;
import dev.carillon.examples.lightshow.Lightshow;
import dev.carillon.http.Limits;
import dev.carillon.lab.cluster.Cluster;
import dev.carillon.lab.cluster.ProcessCluster;
import dev.carillon.lab.cluster.ThreadCluster;
import dev.carillon.lab.cluster.Tokens;
import dev.carillon.mercure.MercureKeys;
import dev.carillon.node.NodeConfig;
import dev.carillon.node.NodeKeys;
import dev.carillon.proxy.ProxyConfig;
import dev.carillon.proxy.ProxyConfigException;
import dev.carillon.proxy.StickyProxy;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
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
    private static final int MAX_NODES = 100;
    private static final String LOOPBACK = "127.0.0.0/8,::1/128";

    /** What it decides itself, node by node. */
    private static final Set<Key> OWN = Set.of(
            NodeKeys.PORT,
            NodeKeys.ADMIN_PORT,
            NodeKeys.INTERNAL_PORT,
            NodeKeys.INTERNAL_HOST,
            NodeKeys.ADVERTISE,
            NodeKeys.NODE_ID,
            NodeKeys.MODE,
            NodeKeys.ANONYMOUS,
            MercureKeys.UI);

    private static final KeyOptions OPTIONS = new KeyOptions(Stream.concat(
                    Stream.of(UpKeys.NODES, UpKeys.PORT), NodeKeys.ALL.stream().filter(key -> !OWN.contains(key)))
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
                .description(
                        "Starts a cluster on this machine, to try and to develop: nodes, and before them the sticky proxy. "
                                + "Ends it in order at Ctrl-C or SIGTERM. Clients without a token may listen, and the Mercure "
                                + "hub has its page for debugging. Key, secret and operator's token are made for the run where none is given. With the broker in memory all nodes are in one process; with another each has its own.")
                .footer(
                        "",
                        "Example: two nodes over Redis",
                        "  ./carillon up --nodes 2 --broker redis://127.0.0.1:6379");
        return spec;
    }

    @Override
    public Integer call() throws InterruptedException {
        KeyOptions.warn(console);
        Settings settings = OPTIONS.settings(spec.commandLine().getParseResult(), console.variables());
        int nodes = settings.integer(UpKeys.NODES, 1, MAX_NODES);
        int port = settings.integer(UpKeys.PORT, 1, 65_535 - 3 * nodes);
        Map<String, String> common = common(settings);
        List<Cluster.Plan> plans = IntStream.rangeClosed(1, nodes)
                .mapToObj(i -> new Cluster.Plan("n" + i, port + i, port + nodes + i, port + 2 * nodes + i, common))
                .toList();
        String host = settings.required(NodeKeys.HOST);
        NodeConfig config = NodeConfig.of(plans.getFirst().settings());
        mustBeFree(NodeKeys.HOST, host, port, "the proxy");
        for (Cluster.Plan plan : plans) {
            mustBeFree(NodeKeys.HOST, plan.shared(NodeKeys.HOST), plan.port(), "node " + plan.id());
            mustBeFree(
                    NodeKeys.ADMIN_HOST,
                    plan.shared(NodeKeys.ADMIN_HOST),
                    plan.adminPort(),
                    "the admin port of node " + plan.id());
            mustBeFree(
                    NodeKeys.INTERNAL_HOST,
                    config.internalListen().host(),
                    plan.internalPort(),
                    "the internal port of node " + plan.id());
        }
        console.out()
                .println("carillon: ports: proxy " + port + ", nodes " + (port + 1) + " to " + (port + nodes)
                        + ", admin " + (port + nodes + 1) + " to " + (port + 2 * nodes) + ", internal "
                        + (port + 2 * nodes + 1) + " to " + (port + 3 * nodes));
        boolean inMemory = config.broker().scheme().equals("memory");
        Cluster cluster = inMemory
                ? ThreadCluster.start(plans, Lightshow::new)
                : ProcessCluster.start(console.commands(), plans, console.out(), console.err());
        StickyProxy proxy = proxy(
                cluster,
                limits(config.limits()),
                new ProxyConfig.Listen(host, port),
                settings.isSet(NodeKeys.SECURE_COOKIE));
        Shutdown shutdown = new Shutdown(
                () -> {
                    // The proxy first: its clients have nowhere to go to, and shall not be sent from node to node.
                    proxy.close();
                    cluster.close();
                },
                cluster::kill);
        console.out().println("Carillon: " + nodes(nodes) + " on " + config.broker());
        new Welcome(console.out(), "http://" + host + ":" + proxy.port(), config)
                .print(cluster.members(), madeOperatorToken(settings, common));
        cluster.awaitEnd();
        if (shutdown.wasAsked()) {
            console.out().println("carillon: " + nodes(nodes) + " stopped");
            return ExitCode.OK;
        }
        throw CommandException.failed("no node is left");
    }

    /** An address may have as much at the proxy as at a node. */
    private static ProxyConfig.Limits limits(Limits ofNode) {
        return ProxyConfig.Limits.DEFAULT
                .withConnectionsPerAddress(ofNode.connectionsPerAddress())
                .withStreamsPerAddress(ofNode.streamsPerAddress());
    }

    private static StickyProxy proxy(
            Cluster cluster, ProxyConfig.Limits limits, ProxyConfig.Listen listen, boolean secureCookie)
            throws InterruptedException {
        try {
            List<URI> nodes = cluster.members().stream()
                    .map(member -> URI.create("http://" + reachable(listen.host()) + ":"
                            + member.address().port()))
                    .toList();
            return StickyProxy.start(
                    ProxyConfig.of(nodes).withLimits(limits).withListen(listen).withSecureCookie(secureCookie));
        } catch (ProxyConfigException e) {
            cluster.close();
            throw CommandException.misused(String.valueOf(e.getMessage()));
        } catch (RuntimeException | InterruptedException e) {
            cluster.close();
            throw e;
        }
    }

    /** An address to connect to, where a node listens on all of them. */
    private static String reachable(String host) {
        return switch (host) {
            case "0.0.0.0", "::", "[::]" -> "127.0.0.1";
            default -> host;
        };
    }

    /** What all nodes share, as entries of their configuration. */
    private static Map<String, String> common(Settings settings) {
        Map<String, String> common = new HashMap<>();
        for (Key key : NodeKeys.ALL) {
            if (!OWN.contains(key)) {
                settings.text(key).ifPresent(value -> common.put(key.name(), value));
            }
        }
        common.put(NodeKeys.MODE.name(), "development");
        common.put(NodeKeys.ANONYMOUS.name(), "true");
        common.put(MercureKeys.UI.name(), "true");
        // The proxy is on this machine.
        common.merge(NodeKeys.TRUSTED_PROXIES.name(), LOOPBACK, (given, own) -> given + "," + own);
        if (!common.containsKey(NodeKeys.JWT_KEY.name()) && !common.containsKey(NodeKeys.JWT_KEY_FILE.name())) {
            common.put(NodeKeys.JWT_KEY.name(), Tokens.randomKey());
        }
        common.computeIfAbsent(NodeKeys.SECRET.name(), name -> Tokens.randomKey());
        if (!common.containsKey(NodeKeys.OPERATOR_TOKEN_FILE.name())) {
            common.computeIfAbsent(NodeKeys.OPERATOR_TOKEN.name(), name -> Tokens.randomKey());
        }
        return common;
    }

    /** A token that was given is never printed. */
    private static Optional<String> madeOperatorToken(Settings settings, Map<String, String> common) {
        return settings.text(NodeKeys.OPERATOR_TOKEN)
                        .or(() -> settings.text(NodeKeys.OPERATOR_TOKEN_FILE))
                        .isPresent()
                ? Optional.empty()
                : Optional.ofNullable(common.get(NodeKeys.OPERATOR_TOKEN.name()));
    }

    /** Told before anything starts half. */
    private static void mustBeFree(Key key, String host, int port, String role) {
        InetSocketAddress address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            throw new ConfigException(key.name(), host, "must be an address of this machine");
        }
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(address);
        } catch (IOException e) {
            throw new ConfigException(
                    UpKeys.PORT.name(),
                    host + ":" + port,
                    "is for " + role + " and cannot be listened on (" + e.getMessage()
                            + "): stop what listens there, or give another --port");
        }
    }

    private static String nodes(int n) {
        return n == 1 ? "1 node" : n + " nodes";
    }
}
