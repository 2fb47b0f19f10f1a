package dev.carillon.cli;

import dev.carillon.base.ConfigException;
import dev.carillon.base.Key;
import dev.carillon.base.Settings;
import dev.carillon.cli.base.CommandException;
import dev.carillon.cli.base.Console;
import dev.carillon.cli.base.ExitCode;
import dev.carillon.cli.base.KeyOptions;
import dev.carillon.cli.base.LocalCertificate;
import dev.carillon.cli.base.LogKeys;
import dev.carillon.cli.base.Shutdown;
import dev.carillon.cli.base.UpKeys;
import dev.carillon.lab.cluster.Cluster;
import dev.carillon.lab.cluster.Commands;
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

/** {@code up}: runs a cluster on this machine, for evaluation and development, until it is stopped. */
final class UpCommand implements Callable<Integer> {
    private static final int MAX_PORT = 65_535;
    private static final String LOOPBACK = "127.0.0.0/8,::1/128";

    /** Settings that {@code up} sets itself for each node. */
    private static final Set<Key<?>> OWN = Set.of(
            NodeKeys.PORT,
            NodeKeys.ADMIN_PORT,
            NodeKeys.INTERNAL_PORT,
            NodeKeys.INTERNAL_HOST,
            NodeKeys.ADVERTISE,
            NodeKeys.NODE_ID,
            NodeKeys.MODE,
            NodeKeys.ANONYMOUS,
            MercureKeys.UI);

    private static final KeyOptions OPTIONS = new KeyOptions(LogKeys.after(
            Stream.<Key<?>>concat(UpKeys.ALL.stream(), NodeKeys.ALL.stream().filter(key -> !OWN.contains(key)))
                    .toList()));

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
                        "Starts a cluster on this machine for evaluation and development: nodes behind a sticky proxy. Ctrl-C or SIGTERM "
                                + "stops it. Clients without a token can receive public events, and the Mercure hub has its debugging "
                                + "page. A key, a secret and an operators' token are generated if they are not given. With the broker "
                                + "in memory all nodes run in one process; with another broker each node has its own process.")
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
        LogKeys.apply(settings);
        int nodes = settings.get(UpKeys.NODES);
        int port = settings.get(UpKeys.PORT);
        int maxPort = MAX_PORT - 3 * nodes;
        if (port > maxPort) {
            throw new ConfigException(UpKeys.PORT, port, "must be a whole number from 1 to " + maxPort);
        }
        Map<String, String> common = common(settings);
        List<Cluster.Plan> plans = IntStream.rangeClosed(1, nodes)
                .mapToObj(i -> new Cluster.Plan("n" + i, port + i, port + nodes + i, port + 2 * nodes + i, common))
                .toList();
        String host = settings.get(NodeKeys.HOST);
        Settings ofNodes = plans.getFirst().settings();
        NodeConfig config = NodeConfig.of(ofNodes);
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
                    ofNodes.get(NodeKeys.INTERNAL_HOST),
                    plan.internalPort(),
                    "the internal port of node " + plan.id());
        }
        console.out()
                .println("carillon: ports: proxy " + port + ", nodes " + (port + 1) + " to " + (port + nodes)
                        + ", admin " + (port + nodes + 1) + " to " + (port + 2 * nodes) + ", internal "
                        + (port + 2 * nodes + 1) + " to " + (port + 3 * nodes));
        boolean inMemory = settings.get(NodeKeys.BROKER).scheme().equals("memory");
        Cluster cluster = inMemory
                ? ThreadCluster.start(plans, ExampleApplications::new)
                : ProcessCluster.start(commands(settings), plans, console.out(), console.err());
        Optional<LocalCertificate> certificate =
                settings.get(UpKeys.TLS) ? Optional.of(LocalCertificate.make()) : Optional.empty();
        StickyProxy proxy = proxy(cluster, limits(settings), new ProxyConfig.Listen(host, port), settings, certificate);
        Shutdown shutdown = new Shutdown(
                () -> {
                    // The proxy first, so that it does not send clients from node to node while the nodes stop.
                    proxy.close();
                    cluster.close();
                    certificate.ifPresent(LocalCertificate::close);
                },
                cluster::kill);
        console.out().println("Carillon: " + nodes(nodes) + " on " + settings.get(NodeKeys.BROKER));
        new Welcome(
                        console.out(),
                        (certificate.isPresent() ? "https://" : "http://") + host + ":" + proxy.port()
                                + settings.get(NodeKeys.BASE_PATH),
                        config)
                .print(cluster.members(), generatedOperatorToken(settings, common));
        cluster.awaitEnd();
        if (shutdown.wasRequested()) {
            console.out().println("carillon: " + nodes(nodes) + " stopped");
            return ExitCode.OK;
        }
        throw CommandException.failed("all nodes have ended");
    }

    /** The nodes' own processes log as this one does. */
    private Commands commands(Settings settings) {
        Map<String, String> variables = new HashMap<>(console.variables());
        LogKeys.ALL.forEach(key -> settings.text(key).ifPresent(value -> variables.put(key.variable(), value)));
        return console.commands(variables);
    }

    /** Gives a client address the same limits at the proxy as at a node. */
    private static ProxyConfig.Limits limits(Settings settings) {
        return ProxyConfig.Limits.DEFAULT
                .withConnectionsPerAddress(settings.get(NodeKeys.CONNECTIONS_PER_ADDRESS))
                .withStreamsPerAddress(settings.get(NodeKeys.STREAMS_PER_ADDRESS));
    }

    private static StickyProxy proxy(
            Cluster cluster,
            ProxyConfig.Limits limits,
            ProxyConfig.Listen listen,
            Settings settings,
            Optional<LocalCertificate> certificate)
            throws InterruptedException {
        try {
            List<URI> nodes = cluster.members().stream()
                    .map(member -> URI.create("http://" + reachable(listen.host()) + ":"
                            + member.address().port()))
                    .toList();
            ProxyConfig.Health health = ProxyConfig.Health.DEFAULT;
            String base = settings.get(NodeKeys.BASE_PATH);
            ProxyConfig config = ProxyConfig.of(nodes)
                    .withLimits(limits)
                    .withListen(listen)
                    .withSecureCookie(settings.get(NodeKeys.SECURE_COOKIE))
                    .withCookiePath(base.isEmpty() ? "/" : base)
                    .withHealth(new ProxyConfig.Health(
                            base + health.path(), health.interval(), health.timeout(), health.fall()));
            return StickyProxy.start(certificate
                    .map(made -> config.withTls(new ProxyConfig.TlsFiles(made.certificate(), made.key())))
                    .orElse(config));
        } catch (ProxyConfigException e) {
            cluster.close();
            throw CommandException.misused(String.valueOf(e.getMessage()));
        } catch (RuntimeException | InterruptedException e) {
            cluster.close();
            throw e;
        }
    }

    /** The address at which to connect to a node; a wildcard address becomes the loopback address. */
    private static String reachable(String host) {
        return switch (host) {
            case "0.0.0.0", "::", "[::]" -> "127.0.0.1";
            default -> host;
        };
    }

    /** The settings that all nodes share, by name. */
    private static Map<String, String> common(Settings settings) {
        Map<String, String> common = new HashMap<>();
        for (Key<?> key : NodeKeys.ALL) {
            if (!OWN.contains(key)) {
                settings.text(key).ifPresent(value -> common.put(key.name(), value));
            }
        }
        if (settings.get(UpKeys.TLS)) {
            common.put(NodeKeys.SECURE_COOKIE.name(), "true");
        }
        common.put(NodeKeys.MODE.name(), "development");
        common.put(NodeKeys.ANONYMOUS.name(), "true");
        common.put(MercureKeys.UI.name(), "true");
        // The proxy runs on this machine.
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

    /** The generated token; empty when a token was given, which must not be printed. */
    private static Optional<String> generatedOperatorToken(Settings settings, Map<String, String> common) {
        return settings.text(NodeKeys.OPERATOR_TOKEN)
                        .or(() -> settings.text(NodeKeys.OPERATOR_TOKEN_FILE))
                        .isPresent()
                ? Optional.empty()
                : Optional.ofNullable(common.get(NodeKeys.OPERATOR_TOKEN.name()));
    }

    /** Reports a port in use before anything has started. */
    private static void mustBeFree(Key<?> key, String host, int port, String role) {
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
                    "is the port of " + role + " and is not available (" + e.getMessage()
                            + "): stop the process that uses it, or choose another --port");
        }
    }

    private static String nodes(int n) {
        return n == 1 ? "1 node" : n + " nodes";
    }
}
