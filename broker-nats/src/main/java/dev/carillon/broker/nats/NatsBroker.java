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

/** Puts the parts together, and gives each new session its subscriptions before it is used. */
final class NatsBroker implements Broker, NatsLink.Users<LogSession> {
    private static final Logger LOGGER = LoggerFactory.getLogger(NatsBroker.class);

    /** How many live messages may wait for the listener; what comes beyond is dropped, and told as a doubt. */
    static final long PENDING_MESSAGES = 200_000;

    private static final byte[] NOTHING = {};
    private static final long PENDING_BYTES = 128L * 1024 * 1024;

    private static final int AT_ONCE = 64;
    private static final int MAX_WAITING = 20_000;
    /** Clients say what is looked up, and most of it may be made up: more than these are refused, and the clients come back later. */
    private static final int LOOKUPS_AT_ONCE = 8;

    private static final int MAX_WAITING_LOOKUPS = 2_000;

    private final BrokerOptions options;
    private final long pendingMessages;
    private final Platform platform;
    private final NatsHealth health;
    private final NatsLink<LogSession> link;
    private final BlockingCalls work;
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
    private CompletableFuture<?> written = CompletableFuture.completedFuture(null);

    private NatsBroker(NatsAddress address, BrokerOptions options, long pendingMessages, Platform platform) {
        this.options = options;
        this.pendingMessages = pendingMessages;
        this.platform = platform;
        TimeLimit limit = new TimeLimit(options.timeout(), platform.timer());
        Executor threads = platform.threads().each("carillon-nats");
        this.health = new NatsHealth(address, platform.clock());
        this.link = new NatsLink<>(address, options, health, this, platform);
        this.work = new BlockingCalls(AT_ONCE, MAX_WAITING, limit, threads);
        this.lookups = new BlockingCalls(LOOKUPS_AT_ONCE, MAX_WAITING_LOOKUPS, limit, threads);
        this.logs = new TenantLogs(options, platform);
        this.channel =
                new NatsChannel(link, work, new Broadcasts(link, health, work, options, platform.secureRandom()));
        this.log = new NatsLog(link, work, lookups, channel, logs, platform.nanoTime());
        this.watches = new StoreWatches(work);
        this.store = new NatsStore(link, work, watches);
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
        LiveReceiver feed = channel.newFeed();
        Dispatcher live = connection.createDispatcher(feed::take);
        live.setPendingLimits(pendingMessages, PENDING_BYTES);
        Dispatcher changes = connection.createDispatcher();
        changes.setPendingLimits(pendingMessages, PENDING_BYTES);
        LogSession session = new LogSession(connection, logs, live, changes, options.timeout(), platform);
        dropped = 0;
        channel.attach(session, feed);
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
            // With very many tenants it takes longer. Each is checked before it is used in any case.
            LOGGER.atWarn()
                    .addKeyValue("tenants", opened.length)
                    .addKeyValue("reason", e.getMessage())
                    .log("not all logs are checked yet");
        }
    }

    @Override
    public void beat(LogSession session, NatsClock clock) {
        session.retained().beat();
        // Asked all the time: without a broadcast nothing else would show that the server is full, or is not any more.
        if (written.isDone()) {
            written = session.api()
                    .publish(Subjects.probe(), new Headers(), NOTHING, NatsApi.ANY_SEQUENCE)
                    .whenComplete((ack, e) -> health.wrote(e));
        }
        long now = session.live().getDroppedCount() + session.watches().getDroppedCount();
        if (now != dropped) {
            // jnats told when it began; what was compared then has perhaps missed something since.
            dropped = now;
            health.doubt("events were dropped: they came faster than they were taken");
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
        work.close();
        lookups.close();
        sweeper.close();
        link.close();
    }
}
