package dev.carillon.lab.faults;

import dev.carillon.jwt.JwtConfig;
import dev.carillon.lab.LabException;
import dev.carillon.lab.cluster.Commands;
import dev.carillon.lab.cluster.Serving;
import dev.carillon.lab.cluster.ServingProcess;
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
 * What faults befall: three nodes and a proxy, each a process, a broker, a link that can be cut between each node and the broker, and one
 * before the proxy. All of them end with this process.
 */
final class FaultCluster implements AutoCloseable {
    static final int NODES = 3;

    private static final Pattern PROXY = Pattern.compile("carillon: proxy serves http://\\S+:(\\d+) .*");
    /** Of a node, for the broker: on a machine that is busy with much else the start of four processes takes long. */
    private static final Duration BROKER_START = Duration.ofSeconds(60);
    /** Longer, so that a node that has no broker says so itself. */
    private static final Duration START = BROKER_START.plusSeconds(30);

    private static final Duration TOKENS_LAST = Duration.ofHours(2);

    private final Commands commands;
    private final TestServer broker;
    private final PrintStream log;
    private final Map<String, String> variables;
    private final Tokens tokens;
    private final List<Relay> links = new ArrayList<>();
    private final List<Integer> ports = new ArrayList<>();
    private final List<ServingProcess<?>> processes = new ArrayList<>();
    private final Thread hook = new Thread(this::killAll);
    private final Relay clientLink;
    private final int proxyPort;
    private volatile boolean closed;

    /** @param log takes what the processes say */
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
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            List<ServingProcess<Serving>> nodes = new ArrayList<>();
            for (int i = 0; i < NODES; i++) {
                links.add(new Relay(broker.port()));
                ports.add(ServerProcess.freePort());
                nodes.add(launch(i));
                processes.add(nodes.get(i));
            }
            nodes.forEach(node -> node.awaitServing(START));
            ServingProcess<Integer> proxy = launchProxy(withoutKeys);
            processes.add(proxy);
            this.proxyPort = proxy.awaitServing(START);
            this.clientLink = new Relay(proxyPort);
        } catch (RuntimeException e) {
            killAll();
            links.forEach(Relay::close);
            forgetHook();
            throw e;
        }
    }

    private ServingProcess<Integer> launchProxy(Map<String, String> withoutKeys) {
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

    /** It drains in 4 s, in place of 25. */
    private ServingProcess<Serving> launch(int node) {
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
                Serving::parse,
                log);
    }

    TestServer broker() {
        return broker;
    }

    /** Between a node and the broker. */
    Relay link(int node) {
        return links.get(node);
    }

    /** Between some of the clients and the proxy. */
    Relay clientLink() {
        return clientLink;
    }

    URI node(int node) {
        return URI.create("http://127.0.0.1:" + ports.get(node));
    }

    URI proxy() {
        return URI.create("http://127.0.0.1:" + proxyPort);
    }

    InetSocketAddress forClients(boolean byLink) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), byLink ? clientLink.port() : proxyPort);
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
                TOKENS_LAST);
    }

    /** As {@link Tokens#makeForHub}. */
    String hubToken(String tenant, List<String> publish, List<String> subscribe) {
        return tokens.makeForHub(new Tenant(tenant), publish, subscribe, TOKENS_LAST);
    }

    /** Starts it again and again, as whoever keeps nodes running would: while the broker is away a node gives up in time. */
    void startNode(int node) {
        long end = System.nanoTime() + START.toNanos();
        while (true) {
            ServingProcess<Serving> started;
            synchronized (processes) {
                if (closed) {
                    return;
                }
                started = launch(node);
                processes.set(node, started);
            }
            try {
                Serving _ = started.awaitServing(START);
                return;
            } catch (LabException e) {
                if (System.nanoTime() > end) {
                    throw e;
                }
            }
        }
    }

    /** Of all nodes together, which must run now; bytes. */
    long liveHeap() {
        long bytes = 0;
        for (int i = 0; i < NODES; i++) {
            bytes += LiveHeap.bytes(process(i).pid());
        }
        return bytes;
    }

    private ServingProcess<?> process(int node) {
        synchronized (processes) {
            return processes.get(node);
        }
    }

    /** Sends a signal, as in {@code STOP}. */
    void signal(int node, String signal) {
        if (!process(node).signal(signal)) {
            throw LabException.failed("node " + (node + 1) + " took no signal " + signal);
        }
    }

    void awaitExit(int node) throws InterruptedException {
        process(node).awaitExit();
    }

    private void killAll() {
        synchronized (processes) {
            closed = true;
            processes.forEach(ServingProcess::kill);
        }
    }

    @Override
    public void close() {
        killAll();
        clientLink.close();
        links.forEach(Relay::close);
        forgetHook();
    }

    private void forgetHook() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The process is ending: it runs.
        }
    }
}
