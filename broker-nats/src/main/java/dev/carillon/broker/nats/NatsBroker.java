package dev.carillon.broker.nats;

import dev.carillon.base.Platform;
import dev.carillon.base.TimeLimit;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.Channel;
import dev.carillon.broker.Health;
import dev.carillon.broker.Log;
import dev.carillon.broker.Store;
import dev.carillon.broker.nats.connection.BlockingCalls;
import dev.carillon.broker.nats.connection.Failures;
import dev.carillon.broker.nats.connection.NatsAddress;
import dev.carillon.broker.nats.connection.NatsApi;
import dev.carillon.broker.nats.connection.NatsClock;
import dev.carillon.broker.nats.connection.NatsHealth;
import dev.carillon.broker.nats.connection.NatsLink;
import dev.carillon.broker.nats.connection.Streams;
import dev.carillon.broker.nats.connection.Subjects;
import dev.carillon.broker.nats.log.Broadcasts;
import dev.carillon.broker.nats.log.LiveReceiver;
import dev.carillon.broker.nats.log.LogSession;
import dev.carillon.broker.nats.log.NatsChannel;
import dev.carillon.broker.nats.log.NatsLog;
import dev.carillon.broker.nats.log.TenantLogs;
import dev.carillon.broker.nats.store.NatsStore;
import dev.carillon.broker.nats.store.StoreWatches;
import io.nats.client.Connection;
import io.nats.client.Dispatcher;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.impl.Headers;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Composes the parts of the broker, and gives each new session its subscriptions before it is used. */
final class NatsBroker implements Broker, NatsLink.SessionHandler<LogSession> {
    private static final Logger LOGGER = LoggerFactory.getLogger(NatsBroker.class);

    /** Maximum number of live messages that wait for the listener; further ones are dropped, which is reported as a possible loss. */
    static final long PENDING_MESSAGES = 200_000;

    private static final byte[] EMPTY = {};
    private static final long PENDING_BYTES = 128L * 1024 * 1024;

    private static final int CALLS_AT_ONCE = 64;
    private static final int MAX_WAITING_CALLS = 20_000;
    /** Clients choose the ids to look up and may invent them: further lookups are refused, and the clients retry. */
    private static final int LOOKUPS_AT_ONCE = 32;

    private static final int MAX_WAITING_LOOKUPS = 2_000;

    private final BrokerOptions options;
    private final long pendingMessages;
    private final Platform platform;
    private final NatsHealth health;
    private final NatsLink<LogSession> link;
    private final BlockingCalls calls;
    private final BlockingCalls lookups;
    private final TenantLogs logs;
    private final NatsChannel channel;
    private final NatsLog log;
    private final StoreWatches watches;
    private final NatsStore store;
    private final Sweeper sweeper;
    /** The link's thread only. */
    private long dropped;
    /** The link's thread only. */
    private CompletableFuture<?> probe = CompletableFuture.completedFuture(null);

    private NatsBroker(NatsAddress address, BrokerOptions options, long pendingMessages, Platform platform) {
        this.options = options;
        this.pendingMessages = pendingMessages;
        this.platform = platform;
        TimeLimit limit = new TimeLimit(options.timeout(), platform.timer());
        Executor threads = platform.threads().each("carillon-nats");
        this.health = new NatsHealth(address, platform.clock());
        this.link = new NatsLink<>(address, options, health, this, platform);
        this.calls = new BlockingCalls(CALLS_AT_ONCE, MAX_WAITING_CALLS, limit, threads);
        this.lookups = new BlockingCalls(LOOKUPS_AT_ONCE, MAX_WAITING_LOOKUPS, limit, threads);
        this.logs = new TenantLogs(options, platform);
        this.channel = new NatsChannel(
                link, calls, new Broadcasts(link, health, calls, options, platform, logs.lastSeen()), logs.lastSeen());
        this.log = new NatsLog(link, calls, lookups, channel, logs, platform.nanoTime());
        this.watches = new StoreWatches(calls);
        this.store = new NatsStore(link, calls, watches);
        this.sweeper = new Sweeper(link, store, platform);
    }

    static NatsBroker open(NatsAddress address, BrokerOptions options, long pendingMessages, Platform platform) {
        NatsBroker broker = new NatsBroker(address, options, pendingMessages, platform);
        try {
            broker.link.start();
            broker.sweeper.start();
            return broker;
        } catch (RuntimeException e) {
            broker.close();
            throw e;
        }
    }

    @Override
    public LogSession attach(Connection connection) {
        LiveReceiver receiver = channel.newReceiver();
        Dispatcher live = connection.createDispatcher(receiver::receive);
        live.setPendingLimits(pendingMessages, PENDING_BYTES);
        Dispatcher changes = connection.createDispatcher();
        changes.setPendingLimits(pendingMessages, PENDING_BYTES);
        LogSession session = new LogSession(connection, logs, live, changes, options, platform);
        dropped = 0;
        channel.attach(session, receiver);
        watches.attach(session);
        return session;
    }

    @Override
    public void prepare(LogSession session) {
        NatsApi api = session.api();
        Streams.ensure(api, NatsStore.config(platform.clock().millis()));
        Streams.ensure(
                api,
                StreamConfiguration.builder()
                        .name(Subjects.EPOCHS)
                        .subjects("carillon.epoch.*")
                        .storageType(StorageType.File)
                        .maxMessagesPerSubject(1)
                        .allowDirect(true)
                        .build());
        CompletableFuture<?>[] opened =
                channel.tenants().stream().map(session::log).toArray(CompletableFuture<?>[]::new);
        try {
            Failures.await(
                    CompletableFuture.allOf(opened), options.startTimeout().toMillis());
        } catch (BrokerUnavailableException | Failures.RefusedException e) {
            // Very many tenants take longer. Every log is checked before its use in any case.
            LOGGER.atWarn()
                    .addKeyValue("tenants", opened.length)
                    .addKeyValue("reason", e.getMessage())
                    .log("some logs have not been checked yet");
        }
    }

    @Override
    public void heartbeat(LogSession session, NatsClock clock) {
        session.retained().heartbeat();
        // Probed continuously: without a broadcast, nothing else would show that the server is full or has space again.
        if (probe.isDone()) {
            probe = session.api()
                    .publish(Subjects.probe(), new Headers(), EMPTY, NatsApi.ANY_SEQUENCE)
                    .whenComplete(
                            (ack, e) -> health.writeFinished(e, options.nats().replicas() > 1));
        }
        long now = session.live().getDroppedCount() + session.watches().getDroppedCount();
        if (now != dropped) {
            // jnats reports only the first drop; a comparison of heads since then may have missed later ones.
            dropped = now;
            health.possibleLoss("events were dropped because they arrived faster than they were processed");
        }
    }

    @Override
    public String driver() {
        return "nats";
    }

    @Override
    public Channel channel() {
        return channel;
    }

    @Override
    public Log log() {
        return log;
    }

    @Override
    public Store store() {
        return store;
    }

    @Override
    public Health health() {
        return health;
    }

    NatsLink<LogSession> link() {
        return link;
    }

    @Override
    public void close() {
        calls.close();
        lookups.close();
        sweeper.close();
        link.close();
    }
}
