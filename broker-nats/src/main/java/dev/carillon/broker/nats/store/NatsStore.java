package dev.carillon.broker.nats.store;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.broker.OverloadedException;
import dev.carillon.broker.Store;
import dev.carillon.broker.UnreadableException;
import dev.carillon.broker.nats.connection.Ack;
import dev.carillon.broker.nats.connection.BlockingCalls;
import dev.carillon.broker.nats.connection.NatsApi;
import dev.carillon.broker.nats.connection.NatsLink;
import dev.carillon.broker.nats.connection.StreamScan;
import dev.carillon.broker.nats.connection.Subjects;
import dev.carillon.scope.Tenant;
import io.nats.client.api.Republish;
import io.nats.client.api.StorageType;
import io.nats.client.api.StreamConfiguration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * Small values, each the last message of a subject in one stream, whose sequences are the revisions.
 *
 * <p>Servers before 2.11 cannot expire single messages, and a stream's age would remove values without a time to live. Therefore a value
 * carries its time to live, readers check it by the server's clock, and the sweeper of the broker removes expired ones. A removal is a
 * message too, so that watchers see it in order.
 *
 * <p>A new stream starts with a sequence that increases with time, so that revisions increase even after data loss. If a directory is
 * restored from an older copy, revisions since the copy are assigned again.
 */
public final class NatsStore implements Store {
    private static final int MAX_ATTEMPTS = 30;
    /** An average of 2^11 writes per millisecond stays, for two hundred years, below the largest integer that JSON represents exactly. */
    private static final int WRITES_PER_MILLI = 2_048;

    private final NatsLink<?> link;
    private final BlockingCalls calls;
    private final StoreWatches watches;

    public NatsStore(NatsLink<?> link, BlockingCalls calls, StoreWatches watches) {
        this.link = link;
        this.calls = calls;
        this.watches = watches;
    }

    public static StreamConfiguration config(long nowMillis) {
        return StreamConfiguration.builder()
                .name(Subjects.STORE)
                .subjects(Subjects.storeOfEveryTenant())
                .storageType(StorageType.File)
                .maxMessagesPerSubject(1)
                .allowDirect(true)
                .firstSequence(nowMillis * WRITES_PER_MILLI)
                .republish(Republish.builder()
                        .source(Subjects.storeOfEveryTenant())
                        .destination(Subjects.watchTemplate())
                        .build())
                .build();
    }

    @Override
    public CompletionStage<Optional<Entry>> get(Key key) {
        return calls.call(
                () -> last(link.session().api(), key).filter(this::lives).map(value -> value.entry(key)));
    }

    @Override
    public CompletionStage<Optional<Long>> put(Key key, byte[] value, long expectedRevision, Duration ttl) {
        if (value.length > MAX_VALUE_BYTES) {
            return CompletableFuture.failedFuture(new CarillonException(
                    ErrorCode.TOO_LARGE, "value: must have at most " + MAX_VALUE_BYTES + " bytes"));
        }
        StoredValue next = StoredValue.of(key.name(), value.clone(), ttl);
        return calls.call(() -> {
            NatsApi api = link.session().api();
            if (expectedRevision == ANY) {
                return Optional.of(write(api, key, next, NatsApi.ANY_SEQUENCE).sequence());
            }
            for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
                Optional<StoredValue> present = last(api, key);
                Optional<StoredValue> living = present.filter(this::lives);
                if (living.map(StoredValue::revision).orElse(ABSENT) != expectedRevision) {
                    return Optional.empty();
                }
                // Expired and removed values are still the last message of their subject.
                Ack ack =
                        write(api, key, next, present.map(StoredValue::revision).orElse(0L));
                if (!ack.conflict()) {
                    return Optional.of(ack.sequence());
                }
            }
            throw contended(key);
        });
    }

    @Override
    public CompletionStage<Boolean> remove(Key key, long expectedRevision) {
        return calls.call(() -> {
            NatsApi api = link.session().api();
            for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
                Optional<StoredValue> living = last(api, key).filter(this::lives);
                if (living.isEmpty() || expectedRevision != ANY && living.get().revision() != expectedRevision) {
                    return false;
                }
                Ack ack = write(
                        api, key, StoredValue.removed(key.name()), living.get().revision());
                if (!ack.conflict()) {
                    return true;
                }
            }
            throw contended(key);
        });
    }

    @Override
    public CompletionStage<List<Entry>> list(Tenant tenant, String kind) {
        return calls.call(() -> {
            List<Entry> found = new ArrayList<>();
            new StreamScan(Subjects.STORE, List.of(Subjects.store(tenant, kind, "*")), false)
                    .from(1, link.session(), stored -> {
                        try {
                            StoredValue value = StoredValue.of(stored);
                            if (lives(value)) {
                                found.add(value.entry(value.key(tenant, kind)));
                            }
                        } catch (UnreadableException e) {
                            stored.reportUnreadable(e);
                        }
                        return found.size() < MAX_LIST;
                    });
            return found;
        });
    }

    @Override
    public CompletionStage<AutoCloseable> watch(Tenant tenant, String kind, Consumer<Change> listener) {
        return watches.add(tenant, kind, listener);
    }

    private boolean lives(StoredValue value) {
        return value.lives(link.clock().nowMillis());
    }

    private static Optional<StoredValue> last(NatsApi api, Key key) {
        return api.await(api.last(Subjects.STORE, Subjects.store(key))).map(StoredValue::of);
    }

    private static Ack write(NatsApi api, Key key, StoredValue value, long expected) {
        return api.await(api.publish(Subjects.store(key), value.headers(), value.encode(), expected));
    }

    private static OverloadedException contended(Key key) {
        return new OverloadedException("too many concurrent changes of one value of kind " + key.kind());
    }
}
