package dev.carillon.node;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.admin.InternalRoutes;
import dev.carillon.admin.NodeStatus;
import dev.carillon.base.CloseReason;
import dev.carillon.base.Platform;
import dev.carillon.broker.Interest;
import dev.carillon.cluster.CallSigner;
import dev.carillon.cluster.CallVerifier;
import dev.carillon.cluster.ConnectionFilter;
import dev.carillon.cluster.ConnectionList;
import dev.carillon.cluster.Control;
import dev.carillon.cluster.ControlMessage;
import dev.carillon.cluster.NodeActions;
import dev.carillon.cluster.NodeAddress;
import dev.carillon.cluster.NodeCalls;
import dev.carillon.cluster.NodeHealth;
import dev.carillon.cluster.NodeRegistry;
import dev.carillon.cluster.VerifiedBody;
import dev.carillon.console.LocalNode;
import dev.carillon.edge.Networks;
import dev.carillon.fanout.FanOut;
import dev.carillon.http.Admission;
import dev.carillon.http.HttpServer;
import dev.carillon.http.Origins;
import dev.carillon.http.RequestLog;
import dev.carillon.http.SiteConfig;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** The internal port: receives the calls of other nodes, and makes calls to them. */
final class InternalPort implements AutoCloseable {
    private final NodeConfig config;
    private final NodeCalls calls;
    private final Control control;
    private final HttpServer server;

    /** Executes the calls of other nodes. */
    record Actions(
            FanOut fanOut,
            Authorizers authorizers,
            LocalConnections connections,
            DrainPacing pacing,
            Function<ControlMessage.Renew, CompletionStage<Integer>> renewal,
            Predicate<ControlMessage.ReleaseContext> releases,
            ToIntFunction<ControlMessage.ReleaseStreams> streamReleases,
            ExtensionCalls extensions,
            Predicate<ControlMessage.SetLogLevel> logLevels,
            Runnable drains,
            LocalNode observed,
            Function<ControlMessage.Explain, CompletionStage<String>> explanations,
            NodeStatus status)
            implements NodeActions {
        @Override
        public CompletionStage<ConnectionList> connections(ConnectionFilter filter, int limit) {
            return connections.list(filter, limit);
        }

        @Override
        public CompletionStage<Integer> close(ConnectionFilter filter, @Nullable String text) {
            return connections.close(filter, text, pacing::shortDelayMillis);
        }

        @Override
        public CompletionStage<Integer> renew(ControlMessage.Renew message) {
            return renewal.apply(message);
        }

        @Override
        public boolean release(ControlMessage.ReleaseContext message) {
            return releases.test(message);
        }

        @Override
        public int releaseStreams(ControlMessage.ReleaseStreams message) {
            return streamReleases.applyAsInt(message);
        }

        @Override
        public CompletionStage<String> call(ControlMessage.CallExtension message) {
            return extensions.handle(message);
        }

        @Override
        public CompletionStage<String> explain(ControlMessage.Explain message) {
            return explanations.apply(message);
        }

        @Override
        public CompletionStage<String> stream(VerifiedBody body) {
            return extensions.handle(body);
        }

        @Override
        public CompletionStage<Integer> disconnect(Tenant tenant, String context) {
            return fanOut.close(
                    Interest.in(tenant, Scope.tab(context)), CloseReason.DISCONNECTED, pacing::shortDelayMillis);
        }

        @Override
        public int invalidate(ControlMessage.Invalidate message) {
            return authorizers.invalidate(message);
        }

        @Override
        public ObjectNode observe(boolean hour) {
            return observed.observe(hour);
        }

        @Override
        public void drain() {
            drains.run();
        }

        @Override
        public boolean logLevel(ControlMessage.SetLogLevel message) {
            return logLevels.test(message);
        }

        @Override
        public NodeHealth health() {
            return new NodeHealth(
                    status.serving() ? "serving" : "draining",
                    status.version(),
                    status.broker(),
                    status.contexts(),
                    status.connections());
        }
    }

    InternalPort(
            NodeConfig config, NodeRegistry registry, NodeActions actions, MeterRegistry metrics, Platform platform) {
        this.config = config;
        CallSigner.NodeIdentity self = new CallSigner.NodeIdentity(config.nodeId, registry.generation());
        CallVerifier verifier =
                new CallVerifier(config.http.secrets(), self, platform.clock(), platform.nanoTime(), metrics);
        this.calls = new NodeCalls(
                new CallSigner(config.http.secrets(), self, platform.clock(), platform.secureRandom()),
                metrics,
                platform);
        this.control = new Control(registry, self, calls, actions, platform);
        long uploadMaxBytes = config.http.site().uploadMaxBytes();
        Admission admission = Admission.unlimited(config.limits, platform);
        try {
            this.server = new HttpServer(
                    new HttpServer.Listener(
                            NodeKeys.INTERNAL_PORT.name(),
                            config.internalListen.host(),
                            config.internalListen.port(),
                            1,
                            null,
                            false,
                            RequestLog.NONE,
                            platform.clock()),
                    new SiteConfig("", List.of(), InternalRoutes.streamBytes(uploadMaxBytes)),
                    Origins.none(),
                    Networks.NONE,
                    admission,
                    platform.threads(),
                    new InternalRoutes(verifier, control, uploadMaxBytes)::add);
            admission.open(server);
        } catch (RuntimeException e) {
            calls.close();
            throw e;
        }
    }

    Control control() {
        return control;
    }

    int port() {
        return server.port();
    }

    /** Address at which other nodes reach this port. */
    NodeAddress address() {
        return config.advertise.listeningOn(port());
    }

    @Override
    public void close() {
        calls.close();
        server.close();
    }
}
