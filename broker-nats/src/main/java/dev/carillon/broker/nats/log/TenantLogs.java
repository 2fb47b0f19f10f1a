package dev.carillon.broker.nats.log;

import dev.carillon.base.Platform;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.UnreadableException;
import dev.carillon.broker.nats.connection.Failures;
import dev.carillon.broker.nats.connection.NatsApi;
import dev.carillon.broker.nats.connection.StoredMessage;
import dev.carillon.broker.nats.connection.Streams;
import dev.carillon.broker.nats.connection.Subjects;
import dev.carillon.broker.nats.log.Epochs.Entry;
import dev.carillon.scope.Tenant;
import io.nats.client.api.Republish;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.api.StreamInfo;
import io.nats.client.impl.Headers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creates and checks the streams of the tenants' logs, and opens their epochs; blocks, on virtual threads only. It outlives sessions: it
 * remembers known epochs, because their record is lost or restored together with the server's data.
 *
 * <p>Opening an epoch takes two steps. The record of epochs is changed by compare-and-set, so that one node wins; then the stream is
 * updated to take that epoch's subjects and no others. Only the winner does the second step: a server may accept two concurrent updates
 * of a stream and then store each message twice (nats-server issue 7801). The others wait for it; if it does not happen, one of them wins
 * the record anew and does it. A node appends only after it has found both steps done on its own connection, so none appends to an epoch
 * of another process.
 */
public final class TenantLogs {
    private static final Logger LOGGER = LoggerFactory.getLogger(TenantLogs.class);
    /** Holder of a log on several servers: none of their processes matters, as long as a majority keeps its data. */
    static final String REPLICATED = "replicated";

    private static final int MAX_ATTEMPTS = 50;
    /** The server's deduplication window; a stream's age cannot be less. */
    static final Duration DUPLICATE_WINDOW = BrokerOptions.ID_WINDOW.plusMinutes(1);
    /** Key of messages that the stream answers and does not store. */
    static final String REACHED = "none";
    /** An unused epoch: a stream that takes only its subjects takes none. */
    private static final long NO_EPOCH = 0;
    /** How long nodes wait for the one that opened an epoch: less than the time limit of a broadcast. */
    private static final long UPDATE_WAIT_NANOS = Duration.ofSeconds(1).toNanos();

    private static final Duration POLL_INTERVAL = Duration.ofMillis(10);

    private final BrokerOptions options;
    private final Platform platform;
    /** Of the log opened last. */
    private volatile int replicas;

    private final Map<Tenant, Epochs> remembered = new ConcurrentHashMap<>();
    private final LastSeen lastSeen;
    private final LossCheck losses;

    public TenantLogs(BrokerOptions options, Platform platform) {
        this.options = options;
        this.platform = platform;
        this.lastSeen = new LastSeen(options.nats().replicas() > 1);
        this.losses = new LossCheck(lastSeen, platform);
    }

    public LastSeen lastSeen() {
        return lastSeen;
    }

    /** Number of servers that have an event besides the one that took it. */
    int replicas() {
        return replicas;
    }

    /** Minimum age of messages in the streams of the log and of its ids. */
    static Duration age(BrokerOptions options) {
        Duration asked = options.policies().longestAge().plusMinutes(1);
        return asked.compareTo(DUPLICATE_WINDOW) > 0 ? asked : DUPLICATE_WINDOW;
    }

    TenantLog open(NatsApi api, String server, Tenant tenant) {
        for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
            Optional<TenantLog> log = tryOpen(api, server, tenant);
            if (log.isPresent()) {
                return log.get();
            }
        }
        throw new BrokerUnavailableException("the epoch of tenant " + tenant + " could not be agreed among the nodes");
    }

    /** An unreadable record counts as lost: a new epoch opens. */
    private static Epochs epochs(StoredMessage record) {
        try {
            return Epochs.decode(record.data());
        } catch (UnreadableException e) {
            record.reportUnreadable(e);
            return Epochs.NONE;
        }
    }

    /** Empty: another node changed something concurrently. */
    private Optional<TenantLog> tryOpen(NatsApi api, String server, Tenant tenant) {
        Streams.ensure(api, IdIndex.config(tenant, options));
        StreamInfo info = Streams.ensure(api, config(tenant));
        String created = TenantLog.created(info);
        // Known before the check: a later leader must be checked again.
        String leader = NatsApi.leader(info);
        String record = Subjects.epochs(tenant);
        Optional<StoredMessage> stored = api.await(api.last(Subjects.EPOCHS, record));
        Epochs recorded = stored.map(TenantLogs::epochs).orElse(Epochs.NONE);
        Epochs known = remembered.merge(tenant, recorded, Epochs::with);
        Epochs next = known;
        Entry last = known.last();
        String holder = api.replicas() > 1 ? REPLICATED : server;
        boolean opens = last == null || !last.isOf(holder, created);
        if (last != null && !opens && losses.lost(api, new TenantLog(tenant, last.id(), known, created, null))) {
            LOGGER.atError()
                    .addKeyValue("tenant", tenant)
                    .addKeyValue("epoch", last.id())
                    .log("the servers of NATS lost events that they had stored: a new epoch begins");
            known = known.endAtStart();
            info = api.await(api.info(Subjects.logStream(tenant))).orElse(info);
            opens = true;
        }
        if (opens) {
            next = known.open(platform.clock().millis(), info.getStreamState().getLastSequence(), holder, created);
        }
        List<String> subjects =
                List.of(Subjects.log(tenant, next.entries().getLast().id(), "*"));
        boolean updates = opens;
        if (!opens && !awaitSubjects(api, info, subjects)) {
            // The node that opened the epoch may have crashed.
            updates = true;
        }
        if (updates || !next.equals(recorded)) {
            long expected = stored.map(StoredMessage::sequence).orElse(0L);
            if (api.await(api.publish(record, new Headers(), next.encode(), expected))
                    .conflict()) {
                return Optional.empty();
            }
            remembered.merge(tenant, next, Epochs::with);
        }
        return update(api, info, next, tenant, opens, updates ? subjects : List.of(), leader);
    }

    /** Waits until the stream takes the subjects; false: it does not in time. */
    private boolean awaitSubjects(NatsApi api, StreamInfo first, List<String> subjects) {
        StreamInfo info = first;
        long end = platform.nanoTime().getAsLong() + UPDATE_WAIT_NANOS;
        while (!info.getConfiguration().getSubjects().equals(subjects)) {
            if (platform.nanoTime().getAsLong() - end > 0) {
                return false;
            }
            platform.threads().pause(POLL_INTERVAL);
            Optional<StreamInfo> next =
                    api.await(api.info(first.getConfiguration().getName()));
            if (next.isEmpty() || !TenantLog.created(next.get()).equals(TenantLog.created(first))) {
                return false;
            }
            info = next.get();
        }
        return true;
    }

    /**
     * @param subjects subjects that the stream must be updated to take; empty: it takes them
     * @param leader server for which the log was checked
     */
    private Optional<TenantLog> update(
            NatsApi api,
            StreamInfo info,
            Epochs epochs,
            Tenant tenant,
            boolean opened,
            List<String> subjects,
            @Nullable String leader) {
        Entry open = epochs.entries().getLast();
        if (!subjects.isEmpty()) {
            StreamInfo updated = api.await(api.update(StreamConfiguration.builder(info.getConfiguration())
                    .subjects(subjects)
                    .build()));
            if (!TenantLog.created(updated).equals(open.created())) {
                return Optional.empty();
            }
        }
        if (opened) {
            LOGGER.atInfo()
                    .addKeyValue("tenant", tenant)
                    .addKeyValue("epoch", open.id())
                    .addKeyValue("start", open.start())
                    .log("opened an epoch");
        }
        replicas = info.getConfiguration().getReplicas() - 1;
        boolean replicated = api.replicas() > 1;
        TenantLog log = new TenantLog(tenant, open.id(), epochs, open.created(), replicated ? leader : null);
        return Optional.of(replicated ? reached(api, log) : log);
    }

    /** Waits until the stream answers on this connection: the other servers of a cluster learn of its subjects a little later. */
    private TenantLog reached(NatsApi api, TenantLog log) {
        long end = platform.nanoTime().getAsLong() + UPDATE_WAIT_NANOS;
        while (true) {
            try {
                boolean _ = api.await(api.reach(log.subject(REACHED)));
                if (log.leader() != null) {
                    return log;
                }
                // A stream that was just created had none yet.
                String leader =
                        api.await(api.info(log.stream())).map(NatsApi::leader).orElse(null);
                return new TenantLog(log.tenant(), log.epoch(), log.epochs(), log.created(), leader);
            } catch (Failures.NoStreamException e) {
                if (platform.nanoTime().getAsLong() - end > 0) {
                    throw new BrokerUnavailableException("the log of tenant " + log.tenant() + " has no leader", e);
                }
                platform.threads().pause(POLL_INTERVAL);
            }
        }
    }

    private StreamConfiguration config(Tenant tenant) {
        return StreamConfiguration.builder()
                .name(Subjects.logStream(tenant))
                .subjects(Subjects.log(tenant, NO_EPOCH, "*"))
                .storageType(StorageType.File)
                .maxMessages(options.maxLogEvents(tenant))
                .maxAge(age(options))
                .duplicateWindow(DUPLICATE_WINDOW)
                .allowDirect(true)
                .republish(Republish.builder()
                        .source(Subjects.log(tenant, NO_EPOCH, "*").replace("." + NO_EPOCH + ".", ".*."))
                        .destination(Subjects.liveTemplate(tenant))
                        .build())
                .build();
    }
}
