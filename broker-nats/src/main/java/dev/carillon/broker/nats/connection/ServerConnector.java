package dev.carillon.broker.nats.connection;

import dev.carillon.base.ConfigException;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerUnavailableException;
import io.nats.client.Connection;
import io.nats.client.ConnectionListener;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.api.ServerInfo;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Opens connections to one server at a time, and checks whether it can be used. */
final class ServerConnector {
    private static final String OLDEST_VERSION = "2.10.0";
    private static final Duration TIMEOUT = Duration.ofSeconds(2);
    /** Of each server of a cluster: one that does not answer must leave time for the next ones. */
    private static final Duration TIMEOUT_OF_SEVERAL = Duration.ofSeconds(1);

    private final NatsAddress address;
    private final BrokerOptions options;
    private final NatsHealth health;
    private final NatsLogin login;

    /**
     * A connection.
     *
     * @param lost completes with the reason when the connection is lost
     */
    record Opened(Connection connection, CompletableFuture<String> lost, ConnectionErrors errors) {}

    ServerConnector(NatsAddress address, BrokerOptions options, NatsHealth health) {
        this.address = address;
        this.options = options;
        this.health = health;
        this.login = new NatsLogin(address, options.nats());
    }

    /** @throws ConfigException for a file of the options that cannot be used */
    void checkFiles() {
        login.check();
    }

    String loginRefusal() {
        return login.refusal();
    }

    /** Connects; blocks. */
    Opened connect(NatsAddress.Server server, Duration within) throws IOException {
        CompletableFuture<String> lost = new CompletableFuture<>();
        ConnectionErrors errors = new ConnectionErrors(address, health);
        Duration most = address.several() ? TIMEOUT_OF_SEVERAL : TIMEOUT;
        Duration limit = within.compareTo(most) < 0 ? within : most;
        Options.Builder builder = new Options.Builder()
                .connectionName("carillon " + options.nodeId())
                .noReconnect()
                .reconnectBufferSize(0)
                .connectionTimeout(limit.isPositive() ? limit : Duration.ofMillis(1))
                // Fallback in case our heartbeat fails: jnats counts pings whatever else arrives, and late pongs as
                // lost.
                .pingInterval(Duration.ofMillis(5 * NatsLink.HEARTBEAT_MILLIS))
                .maxPingsOut(2)
                .reportNoResponders()
                .dontForceFlushOnRequest()
                .requestCleanupInterval(Duration.ofSeconds(1))
                .connectionListener((c, event) -> ended(event, lost, errors))
                .errorListener(errors);
        address.applyTo(builder, server, options.nats().authorities());
        login.applyTo(builder);
        try {
            return new Opened(Nats.connect(builder.build()), lost, errors);
        } catch (IOException e) {
            String refusal = errors.certificate();
            if (refusal != null) {
                throw new ConfigException("broker", address, "the certificate of the server is refused: " + refusal);
            }
            throw e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BrokerUnavailableException("interrupted", e);
        }
    }

    /** @throws ConfigException for a server that cannot keep the contract */
    void check(ServerInfo server) {
        if (!server.isSameOrNewerThanVersion(OLDEST_VERSION)) {
            throw new ConfigException(
                    "broker",
                    address,
                    "nats-server " + server.getVersion()
                            + " reorders events: upgrade to 2.10 or newer (Debian 12 packages an older one)");
        }
        boolean clustered = server.getCluster() != null && !server.getCluster().isEmpty();
        int replicas = options.nats().replicas();
        if (clustered && replicas == 1) {
            throw new ConfigException(
                    "nats-replicas",
                    replicas,
                    "must be 3 or 5, because the server at " + address
                            + " belongs to a cluster: a stream on one of its servers is unavailable or lost with that"
                            + " server");
        }
        if (!clustered && replicas > 1) {
            throw new ConfigException(
                    "nats-replicas",
                    replicas,
                    "must be 1, because the server at " + address + " belongs to no cluster");
        }
        if (!server.isJetStreamAvailable()) {
            if (clustered) {
                throw new BrokerUnavailableException("JetStream has not started");
            }
            throw new ConfigException(
                    "broker", address, "the server has no JetStream: start nats-server with -js or a jetstream block");
        }
    }

    private static void ended(
            ConnectionListener.Events event, CompletableFuture<String> lost, ConnectionErrors errors) {
        if (event == ConnectionListener.Events.DISCONNECTED || event == ConnectionListener.Events.CLOSED) {
            lost.complete("disconnected" + errors.last());
        }
    }
}
