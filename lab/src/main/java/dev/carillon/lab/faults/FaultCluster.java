package dev.carillon.lab.faults;

import dev.carillon.jwt.JwtConfig;
import dev.carillon.lab.LabException;
import dev.carillon.lab.cluster.Commands;
import dev.carillon.lab.cluster.ListenAddresses;
import dev.carillon.lab.cluster.OtherProxy;
import dev.carillon.lab.cluster.OtherProxyProcess;
import dev.carillon.lab.cluster.ServiceProcess;
import dev.carillon.lab.cluster.Tokens;
import dev.carillon.node.NodeKeys;
import dev.carillon.process.LiveHeap;
import dev.carillon.process.NatsCluster;
import dev.carillon.process.Relay;
import dev.carillon.process.SentinelServers;
import dev.carillon.process.ServerProcess;
import dev.carillon.process.TestServer;
import dev.carillon.scope.Selector;
import dev.carillon.scope.Tenant;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The cluster of a fault run: three nodes and a proxy in processes of their own, a broker, a link between each node and the broker that can be cut,
 * and a link in front of the proxy. All processes end with this process.
 */
final class FaultCluster implements AutoCloseable {
    static final int NODES = 3;

    private static final Pattern PROXY = Pattern.compile("carillon: proxy serves http://\\S+:(\\d+) .*");
    /** How long a node waits for the broker: on a busy machine the start of four processes is slow. */
    private static final Duration BROKER_START = Duration.ofSeconds(60);
    /** Longer, so that a node without a broker reports that itself. */
    private static final Duration START = BROKER_START.plusSeconds(30);

    private static final int SPARE_REQUESTS = 1_000;
    /** For one node. */
    private static final Duration ROLL_TIMEOUT = Duration.ofMinutes(2);

    private static final Duration TOKEN_LIFETIME = Duration.ofHours(2);

    /**
     * Options of a cluster.
     *
     * @param proxy instead of the proxy of this project
     * @param drainNotice how long a stopping node keeps accepting clients; proxies must notice the drain within it
     * @param drainTimeout total time of a drain
     * @param clients number of clients
     * @param anonymous whether clients without a token are served
     */
    record Options(
            Optional<OtherProxy> proxy, Duration drainNotice, Duration drainTimeout, int clients, boolean anonymous) {
        Options requireToken() {
            return new Options(proxy, drainNotice, drainTimeout, clients, false);
        }

        /** Nodes that stop quickly. */
        static Options quick(Optional<OtherProxy> proxy, int clients) {
            return new Options(proxy, Duration.ofMillis(1_500), Duration.ofSeconds(4), clients, true);
        }

        /** Nodes that notify every proxy, and release at most 100 clients per second, in a drain of 25 s, as is the default, or less. */
        static Options patient(Optional<OtherProxy> proxy, int clients) {
            Duration notice = Duration.ofSeconds(5);
            int seconds = Math.clamp(Math.ceilDiv(clients, NODES * RELEASED_PER_SECOND), 5, 20);
            return new Options(proxy, notice, notice.plusSeconds(seconds), clients, true);
        }
    }

    private static final int RELEASED_PER_SECOND = 100;

    private final Options options;
    private final Commands commands;
    private final TestServer broker;
    private final PrintStream log;
    private final Map<String, String> variables;
    private final Tokens tokens;
    private final List<Relay> links = new ArrayList<>();
    private final List<Integer> ports = new ArrayList<>();
    private final List<Integer> adminPorts = new ArrayList<>();
    private final List<ServiceProcess<?>> processes = new ArrayList<>();
    private final Thread shutdownHook = new Thread(this::killAll);
    private final Optional<OtherProxyProcess> otherProxy;
    private final Relay clientLink;
    private final int proxyPort;
    private volatile boolean supervising;
    private volatile boolean closed;

    /** @param log receives the output of the processes */
    static FaultCluster start(Commands commands, TestServer broker, Options options, PrintStream log) {
        return new FaultCluster(commands, broker, options, log);
    }

    private FaultCluster(Commands commands, TestServer broker, Options options, PrintStream log) {
        this.options = options;
        this.commands = commands;
        this.broker = broker;
        this.log = log;
        String key = Tokens.randomKey();
        this.tokens = Tokens.of(JwtConfig.of("HS256", key, true)).orElseThrow();
        this.variables = commands.withoutSettings();
        Map<String, String> withoutKeys = Map.copyOf(variables);
        variables.put(NodeKeys.JWT_KEY.variable(), key);
        variables.put(NodeKeys.SECRET.variable(), Tokens.randomKey());
        variables.put(NodeKeys.OPERATOR_TOKEN.variable(), Tokens.randomKey());
        Runtime.getRuntime().addShutdownHook(shutdownHook);
        try {
            List<ServiceProcess<ListenAddresses>> nodes = new ArrayList<>();
            for (int i = 0; i < NODES; i++) {
                links.add(new Relay(broker.port()));
                ports.add(ServerProcess.freePort());
                adminPorts.add(ServerProcess.freePort());
                nodes.add(launch(i));
                processes.add(nodes.get(i));
            }
            nodes.forEach(node -> node.awaitReady(START));
            this.otherProxy = options.proxy()
                    .map(proxy -> new OtherProxyProcess(
                            proxy, nodes(), line -> log.println("[" + proxy.name() + "] " + line)));
            this.proxyPort = otherProxy.map(OtherProxyProcess::port).orElseGet(() -> launchProxy(withoutKeys));
            this.clientLink = new Relay(proxyPort);
        } catch (RuntimeException e) {
            killAll();
            links.forEach(Relay::close);
            removeShutdownHook();
            throw e;
        }
    }

    /** Returns its port. */
    private int launchProxy(Map<String, String> withoutKeys) {
        ServiceProcess<Integer> proxy = commands.start(
                "proxy",
                List.of(
                        "proxy",
                        Commands.STOP_WITH_STDIN,
                        "--port",
                        "0",
                        "--max-requests",
                        Integer.toString(2 * options.clients() + SPARE_REQUESTS),
                        "--streams-per-address",
                        "0",
                        "--node",
                        nodes().stream().map(URI::toString).collect(Collectors.joining(","))),
                withoutKeys,
                FaultCluster::port,
                log);
        processes.add(proxy);
        return proxy.awaitReady(START);
    }

    private List<URI> nodes() {
        return ports.stream()
                .map(port -> URI.create("http://127.0.0.1:" + port))
                .toList();
    }

    private static Optional<Integer> port(String line) {
        Matcher matcher = PROXY.matcher(line);
        return matcher.matches() ? Optional.of(Integer.parseInt(matcher.group(1))) : Optional.empty();
    }

    private ServiceProcess<ListenAddresses> launch(int node) {
        List<String> arguments = new ArrayList<>(List.of(
                "serve",
                Commands.STOP_WITH_STDIN,
                "--anonymous=" + options.anonymous(),
                "--node-id",
                "n" + (node + 1),
                "--port",
                Integer.toString(ports.get(node)),
                "--admin-port",
                Integer.toString(adminPorts.get(node)),
                "--internal-port",
                "0",
                "--broker",
                broker.address(links.get(node)),
                "--broker-start-timeout",
                BROKER_START.toSeconds() + "s",
                "--trusted-proxies",
                "127.0.0.0/8",
                "--drain-notice",
                options.drainNotice().toMillis() + "ms",
                "--drain-timeout",
                options.drainTimeout().toMillis() + "ms"));
        switch (broker) {
            case SentinelServers _ -> arguments.addAll(List.of("--redis-replicas", "1"));
            case NatsCluster servers -> arguments.addAll(List.of("--nats-replicas", Integer.toString(servers.size())));
            default -> {}
        }
        return commands.start("n" + (node + 1), arguments, variables, ListenAddresses::parse, log);
    }

    TestServer broker() {
        return broker;
    }

    /** Whether the broker is a cluster of servers. */
    boolean hasServers() {
        return broker instanceof NatsCluster;
    }

    /** The servers of the broker. */
    NatsCluster servers() {
        if (broker instanceof NatsCluster servers) {
            return servers;
        }
        throw LabException.failed("the broker is one server");
    }

    /** Link between a node and the broker. */
    Relay link(int node) {
        return links.get(node);
    }

    /** Link between some of the clients and the proxy. */
    Relay clientLink() {
        return clientLink;
    }

    URI node(int node) {
        return URI.create("http://127.0.0.1:" + ports.get(node));
    }

    URI proxy() {
        return URI.create("http://127.0.0.1:" + proxyPort);
    }

    InetSocketAddress clientAddress(boolean viaLink) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), viaLink ? clientLink.port() : proxyPort);
    }

    String token(String tenant, boolean readsPrivate) {
        List<Selector> all = List.of(new Selector("*"));
        return tokens.make(
                new Tokens.Claims(
                        Optional.empty(),
                        Optional.of(new Tenant(tenant)),
                        all,
                        readsPrivate ? all : List.of(),
                        Tokens.Mercure.NOTHING),
                TOKEN_LIFETIME);
    }

    String tokenForEverything() {
        return tokens.make(Tokens.Claims.EVERYTHING, TOKEN_LIFETIME);
    }

    /** See {@link Tokens#makeForHub}. */
    String hubToken(String tenant, List<String> publish, List<String> subscribe) {
        return tokens.makeForHub(new Tenant(tenant), publish, subscribe, TOKEN_LIFETIME);
    }

    /** Starts a node, and again when it exits, as a supervisor would: a node exits if the broker is unavailable for too long. */
    void startNode(int node) {
        long end = System.nanoTime() + START.toNanos();
        while (true) {
            ServiceProcess<ListenAddresses> started;
            synchronized (processes) {
                if (closed) {
                    return;
                }
                started = launch(node);
                processes.set(node, started);
            }
            try {
                ListenAddresses _ = started.awaitReady(START);
                return;
            } catch (LabException e) {
                if (System.nanoTime() > end) {
                    throw e;
                }
            }
        }
    }

    Duration drainNotice() {
        return options.drainNotice();
    }

    /**
     * Restarts all nodes by the command {@code roll}; each node that ends is started again.
     *
     * @param onLine receives each line of its output, on another thread
     * @throws LabException if the command fails
     */
    void roll(Consumer<String> onLine) throws InterruptedException {
        supervising = true;
        for (int i = 0; i < NODES; i++) {
            int node = i;
            Thread _ = Thread.ofVirtual().name("supervisor-" + node).start(() -> supervise(node));
        }
        try {
            List<String> command = new ArrayList<>(List.of("roll", "--node-timeout", ROLL_TIMEOUT.toSeconds() + "s"));
            adminPorts.forEach(port -> command.addAll(List.of("--admin-url", "http://127.0.0.1:" + port)));
            int status = commands.run(command, variables, onLine);
            if (status != 0) {
                throw LabException.failed("roll ended with status " + status);
            }
        } finally {
            supervising = false;
        }
    }

    private void supervise(int node) {
        try {
            awaitExit(node);
            while (supervising && !closed) {
                startNode(node);
                awaitExit(node);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Live heap in bytes of all nodes together; all must run. */
    long liveHeap() {
        long bytes = 0;
        for (int i = 0; i < NODES; i++) {
            bytes += LiveHeap.bytes(process(i).pid());
        }
        return bytes;
    }

    private ServiceProcess<?> process(int node) {
        synchronized (processes) {
            return processes.get(node);
        }
    }

    /** Sends a signal such as {@code STOP} to a node. */
    void signal(int node, String signal) {
        if (!process(node).signal(signal)) {
            throw LabException.failed("node " + (node + 1) + " did not receive signal " + signal);
        }
    }

    void awaitExit(int node) throws InterruptedException {
        process(node).awaitExit();
    }

    private void killAll() {
        synchronized (processes) {
            closed = true;
            processes.forEach(ServiceProcess::kill);
        }
    }

    @Override
    public void close() {
        killAll();
        otherProxy.ifPresent(OtherProxyProcess::close);
        clientLink.close();
        links.forEach(Relay::close);
        removeShutdownHook();
    }

    private void removeShutdownHook() {
        try {
            Runtime.getRuntime().removeShutdownHook(shutdownHook);
        } catch (IllegalStateException e) {
            // The process is exiting: the hook runs.
        }
    }
}
