package dev.carillon.broker.nats.log;

import dev.carillon.base.Platform;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.UnreadableException;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes and checks the streams of the tenants' logs, and opens their epochs; blocks, on virtual threads. It outlives sessions:
 * it remembers the epochs that it saw, because the record of them is lost, or falls back, with the server's data.
 *
 * <p>Opening an epoch has two steps. The record of epochs is changed by compare-and-set, so that one node wins; then the
 * stream is made to take that epoch's subjects and no others. The node that won does the second step alone: of two updates of a
 * stream at the same time a server may take both, and then stores each message twice (nats-server issue 7801). The others wait for it,
 * and where it does not come, one of them wins the record anew and does it. No node appends before it has found both steps done
 * on its own connection, so none appends to an epoch of another process.
 */
public final class TenantLogs {
    private static final Logger LOGGER = LoggerFactory.getLogger(TenantLogs.class);
    private static final int MAX_ATTEMPTS = 50;
    /** The window within which the server itself knows an id again; a stream's age cannot be less. */
    static final Duration DUPLICATE_WINDOW = BrokerOptions.ID_WINDOW.plusMinutes(1);
    /** Nothing has this epoch: a stream that takes it alone takes nothing. */
    private static final long NO_EPOCH = 0;
    /** How long nodes wait for the one that opened an epoch: less than a broadcast waits for its answer. */
    private static final long UPDATE_NANOS = Duration.ofSeconds(1).toNanos();

    private static final Duration LOOK_AFTER = Duration.ofMillis(10);

    private final BrokerOptions options;
    private final Platform platform;
    /** Of the log that was opened last. */
    private volatile int replicas;

    private final Map<Tenant, Epochs> remembered = new ConcurrentHashMap<>();

    public TenantLogs(BrokerOptions options, Platform platform) {
        this.options = options;
        this.platform = platform;
    }

    /** Servers that have an event besides the one that took it. */
    int replicas() {
        return replicas;
    }

    /** How long the streams of the log and of its ids keep messages at least. */
    static Duration age(BrokerOptions options) {
        Duration asked = options.policies().longestAge().plusMinutes(1);
        return asked.compareTo(DUPLICATE_WINDOW) > 0 ? asked : DUPLICATE_WINDOW;
    }

    TenantLog open(NatsApi api, String server, Tenant tenant) {
        for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
            Optional<TenantLog> log = attempt(api, server, tenant);
            if (log.isPresent()) {
                return log.get();
            }
        }
        throw new BrokerUnavailableException("the epoch of tenant " + tenant + " could not be settled among the nodes");
    }

    /** What cannot be read is as good as lost: a new epoch begins. */
    private static Epochs epochs(StoredMessage record) {
        try {
            return Epochs.decode(record.data());
        } catch (UnreadableException e) {
            record.reportUnreadable(e);
            return Epochs.NONE;
        }
    }

    /** Empty: another node changed something meanwhile. */
    private Optional<TenantLog> attempt(NatsApi api, String server, Tenant tenant) {
        Streams.ensure(api, IdIndex.config(tenant, options));
        StreamInfo info = Streams.ensure(api, config(tenant));
        String created = TenantLog.created(info);
        String record = Subjects.epochs(tenant);
        Optional<StoredMessage> stored = api.await(api.last(Subjects.EPOCHS, record));
        Epochs recorded = stored.map(TenantLogs::epochs).orElse(Epochs.NONE);
        Epochs known = remembered.merge(tenant, recorded, Epochs::with);

        Epochs wanted = known;
        Entry last = known.last();
        boolean opens = last == null || !last.isOf(server, created);
        if (opens) {
            wanted = known.open(platform.clock().millis(), info.getStreamState().getLastSequence(), server, created);
        }
        List<String> subjects =
                List.of(Subjects.log(tenant, wanted.entries().getLast().id(), "*"));
        boolean updates = opens;
        if (!opens && !taken(api, info, subjects)) {
            // Who opened the epoch has ended, perhaps.
            updates = true;
        }
        if (updates || !wanted.equals(recorded)) {
            long expected = stored.map(StoredMessage::sequence).orElse(0L);
            if (api.await(api.publish(record, new Headers(), wanted.encode(), expected))
                    .conflict()) {
                return Optional.empty();
            }
            remembered.merge(tenant, wanted, Epochs::with);
        }
        return takes(api, info, wanted, tenant, opens, updates ? subjects : List.of());
    }

    /** Whether the stream takes the subjects, at once or soon. */
    private boolean taken(NatsApi api, StreamInfo first, List<String> subjects) {
        StreamInfo info = first;
        long end = platform.nanoTime().getAsLong() + UPDATE_NANOS;
        while (!info.getConfiguration().getSubjects().equals(subjects)) {
            if (platform.nanoTime().getAsLong() - end > 0) {
                return false;
            }
            platform.threads().pause(LOOK_AFTER);
            Optional<StreamInfo> next =
                    api.await(api.info(first.getConfiguration().getName()));
            if (next.isEmpty() || !TenantLog.created(next.get()).equals(TenantLog.created(first))) {
                return false;
            }
            info = next.get();
        }
        return true;
    }

    /** @param subjects that the stream has to be made to take; empty: it does */
    private Optional<TenantLog> takes(
            NatsApi api, StreamInfo info, Epochs epochs, Tenant tenant, boolean opened, List<String> subjects) {
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
        return Optional.of(new TenantLog(tenant, open.id(), epochs, open.created()));
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
