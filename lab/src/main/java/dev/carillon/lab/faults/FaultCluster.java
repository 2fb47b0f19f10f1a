package dev.carillon.lab.faults;

import dev.carillon.jwt.JwtConfig;
import dev.carillon.lab.LabException;
import dev.carillon.lab.cluster.Commands;
import dev.carillon.lab.cluster.ListenAddresses;
import dev.carillon.lab.cluster.ServiceProcess;
import dev.carillon.lab.cluster.Tokens;
import dev.carillon.node.NodeKeys;
import dev.carillon.process.LiveHeap;
import dev.carillon.process.Relay;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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

    private static final Duration TOKEN_LIFETIME = Duration.ofHours(2);

    private final Commands commands;
    private final TestServer broker;
    private final PrintStream log;
    private final Map<String, String> variables;
    private final Tokens tokens;
    private final List<Relay> links = new ArrayList<>();
    private final List<Integer> ports = new ArrayList<>();
    private final List<ServiceProcess<?>> processes = new ArrayList<>();
    private final Thread shutdownHook = new Thread(this::killAll);
    private final Relay clientLink;
    private final int proxyPort;
    private volatile boolean closed;

    /** @param log receives the output of the processes */
    static FaultCluster start(Commands commands, TestServer broker, PrintStream log) {
        return new FaultCluster(commands, broker, log);
    }

    private FaultCluster(Commands commands, TestServer broker, PrintStream log) {
        this.commands = commands;
        this.broker = broker;
        this.log = log;
        String key = Tokens.randomKey();
        this.tokens = Tokens.of(JwtConfig.of("HS256", key, true)).orElseThrow();
        this.variables = commands.withoutSettings();
        Map<String, String> withoutKeys = Map.copyOf(variables);
        variables.put(NodeKeys.JWT_KEY.variable(), key);
        variables.put(NodeKeys.SECRET.variable(), Tokens.randomKey());
        Runtime.getRuntime().addShutdownHook(shutdownHook);
        try {
            List<ServiceProcess<ListenAddresses>> nodes = new ArrayList<>();
            for (int i = 0; i < NODES; i++) {
                links.add(new Relay(broker.port()));
                ports.add(ServerProcess.freePort());
                nodes.add(launch(i));
                processes.add(nodes.get(i));
            }
            nodes.forEach(node -> node.awaitReady(START));
            ServiceProcess<Integer> proxy = launchProxy(withoutKeys);
            processes.add(proxy);
            this.proxyPort = proxy.awaitReady(START);
            this.clientLink = new Relay(proxyPort);
        } catch (RuntimeException e) {
            killAll();
            links.forEach(Relay::close);
            removeShutdownHook();
            throw e;
        }
    }

    private ServiceProcess<Integer> launchProxy(Map<String, String> withoutKeys) {
        return commands.start(
                "proxy",
                List.of(
                        "proxy",
                        Commands.STOP_WITH_STDIN,
                        "--port",
                        "0",
                        "--node",
                        ports.stream()
                                .map(port -> "http://127.0.0.1:" + port)
                                .reduce((a, b) -> a + "," + b)
                                .orElseThrow()),
                withoutKeys,
                FaultCluster::port,
                log);
    }

    private static Optional<Integer> port(String line) {
        Matcher matcher = PROXY.matcher(line);
        return matcher.matches() ? Optional.of(Integer.parseInt(matcher.group(1))) : Optional.empty();
    }

    /** Starts a node that drains in 4 s instead of 25 s. */
    private ServiceProcess<ListenAddresses> launch(int node) {
        return commands.start(
                "n" + (node + 1),
                List.of(
                        "serve",
                        Commands.STOP_WITH_STDIN,
                        "--anonymous",
                        "--node-id",
                        "n" + (node + 1),
                        "--port",
                        Integer.toString(ports.get(node)),
                        "--admin-port",
                        "0",
                        "--internal-port",
                        "0",
                        "--broker",
                        broker.address(links.get(node)),
                        "--broker-start-timeout",
                        BROKER_START.toSeconds() + "s",
                        "--trusted-proxies",
                        "127.0.0.0/8",
                        "--drain-notice",
                        "1500ms",
                        "--drain-timeout",
                        "4s"),
                variables,
                ListenAddresses::parse,
                log);
    }

    TestServer broker() {
        return broker;
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
