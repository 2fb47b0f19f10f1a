package dev.carillon.lab.scale;

import dev.carillon.lab.LabException;
import dev.carillon.lab.bench.FanoutNodes;
import dev.carillon.lab.cluster.EmbeddedProxy;
import dev.carillon.lab.cluster.OtherProxyProcess;
import dev.carillon.lab.fleet.Fleet;
import dev.carillon.lab.fleet.FleetObserver;
import dev.carillon.lab.load.Access;
import dev.carillon.lab.load.Cookies;
import dev.carillon.lab.load.FanoutPlan;
import dev.carillon.node.NodeKeys;
import dev.carillon.process.NatsServer;
import dev.carillon.process.RedisServer;
import dev.carillon.process.ServerProcess;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** The processes of a point: broker, nodes, proxy. */
final class ScaleCluster implements AutoCloseable {
    /** A template that no event of a run matches. */
    private static final String NOTHING = "/.well-known/mercure?topic=matches-nothing-%7Bid%7D";

    private static final Pattern NO_COOKIE = Pattern.compile("(?!)");
    /** Every cookie but the one of the session: proxies name a node by another. */
    private static final Pattern ALL_BUT_SESSION = Pattern.compile("(?!.*carillon_session).*");

    private final ScalePoint point;
    private final ScaleTools tools;
    private final List<AutoCloseable> started = new ArrayList<>();
    private final @Nullable ServerProcess broker;
    private final FanoutNodes nodes;
    private final List<Long> proxyPids = new ArrayList<>();
    private @Nullable InetSocketAddress proxy;
    private final Access access;

    /** Returns when everything serves. */
    ScaleCluster(ScalePoint point, ScaleTools tools) {
        this.point = point;
        this.tools = tools;
        try {
            this.broker = startBroker();
            this.nodes = own(FanoutNodes.start(
                    tools.commands(),
                    new FanoutNodes.StartPlan(
                            point.nodes(),
                            broker == null ? ScalePoint.MEMORY : broker.address(),
                            FanoutNodes.StartPlan.DISCONNECT,
                            settings()),
                    tools.log()));
            startProxy();
            flood();
            this.access = makeAccess();
        } catch (IllegalStateException e) {
            // A server is missing or did not start; the message says what to do.
            close();
            throw LabException.failed(String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private <T extends AutoCloseable> T own(T closeable) {
        started.add(closeable);
        return closeable;
    }

    private @Nullable ServerProcess startBroker() {
        return switch (point.broker()) {
            case "redis" -> own(new RedisServer());
            case "nats" -> own(new NatsServer());
            default -> null;
        };
    }

    private Map<String, String> settings() {
        Map<String, String> settings = new HashMap<>();
        settings.put(NodeKeys.TRUSTED_PROXIES.name(), "127.0.0.1");
        settings.put(NodeKeys.STREAMS_PER_ADDRESS.name(), "0");
        settings.put(NodeKeys.CONNECTIONS_PER_ADDRESS.name(), "0");
        settings.put(NodeKeys.REQUESTS_PER_ADDRESS.name(), "0");
        if (point.ioThreads() > 0) {
            settings.put(NodeKeys.IO_THREADS.name(), Integer.toString(point.ioThreads()));
        }
        if (point.isSecure() && !point.isProxied()) {
            ScaleTools.Certificate certificate = tools.certificate().get();
            settings.put(NodeKeys.TLS_CERTIFICATE.name(), certificate.file().toString());
            settings.put(NodeKeys.TLS_KEY.name(), certificate.key().toString());
        }
        return settings;
    }

    private void startProxy() {
        List<URI> urls = nodes.addresses().stream()
                .map(node -> URI.create("http://127.0.0.1:" + node.getPort()))
                .toList();
        if (point.proxy().equals(ScalePoint.EMBEDDED)) {
            Optional<EmbeddedProxy.TlsFiles> files = point.isSecure()
                    ? Optional.of(new EmbeddedProxy.TlsFiles(
                            tools.certificate().get().file(),
                            tools.certificate().get().key()))
                    : Optional.empty();
            EmbeddedProxy own = own(EmbeddedProxy.start(tools.commands(), urls, files, tools.log()));
            proxyPids.add(own.pid());
            proxy = loopback(own.port());
        } else if (point.isProxied()) {
            OtherProxyProcess other = own(new OtherProxyProcess(tools.proxies().of(point), urls));
            other.pids().forEach(proxyPids::add);
            proxy = loopback(other.port());
        }
    }

    private static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    private void flood() {
        if (point.placement() == ScalePoint.Placement.FLOODED) {
            List<Fleet.Client> clients = nodes.addresses().stream()
                    .skip(1)
                    .map(node -> new Fleet.Client(node, NOTHING, List.of(), false))
                    .toList();
            if (!clients.isEmpty()) {
                own(Fleet.start(clients, clients.size(), new FleetObserver() {}));
            }
        }
    }

    private Access makeAccess() {
        Fleet.@Nullable Tls tls = point.isSecure()
                ? new Fleet.Tls(
                        tools.certificate().get().context(), point.transport().equals(ScalePoint.HTTP2))
                : null;
        return new Access(
                tls,
                broadcastTo(),
                tls == null || point.isProxied() ? null : new Fleet.Tls(tls.context(), false),
                point.audience(),
                point.isProxied() && !point.transport().equals(ScalePoint.HTTP2)
                        ? new Cookies(point.connections(), point.sticky() ? NO_COOKIE : ALL_BUT_SESSION)
                        : null);
    }

    private List<InetSocketAddress> broadcastTo() {
        return point.placement() == ScalePoint.Placement.SPREAD
                ? nodes.addresses()
                : nodes.addresses().subList(0, 1);
    }

    /** Where clients connect. */
    List<InetSocketAddress> clientsTo() {
        InetSocketAddress through = proxy;
        return through == null ? broadcastTo() : List.of(through);
    }

    Access access() {
        return access;
    }

    FanoutNodes nodes() {
        return nodes;
    }

    boolean hasBroker() {
        return broker != null;
    }

    FanoutPlan.Monitored monitored() {
        List<Long> others = new ArrayList<>();
        if (broker != null) {
            others.add(broker.pid());
        }
        others.addAll(proxyPids);
        return new FanoutPlan.Monitored(nodes.pids(), true, null, others);
    }

    LongStream pids() {
        return nodes.pids().stream().mapToLong(Long::longValue);
    }

    /** Kills the nodes. */
    void kill() {
        nodes.kill();
    }

    @Override
    public void close() {
        for (AutoCloseable closeable : started.reversed()) {
            try {
                closeable.close();
            } catch (Exception e) {
                tools.log().println("carillon: " + e);
            }
        }
    }
}
