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
 * Small values: the last message of a subject each, in one stream, whose sequences are the revisions.
 *
 * <p>Servers before 2.11 do not let one message expire, and a stream's age would take what shall stay: so a value carries how
 * long it lives, whoever reads it looks at that by the server's clock, and {@link Sweeper} removes what has ended. A removal is
 * a message too, so that watchers see it in its place.
 *
 * <p>A stream that is made anew begins with a sequence that rises with time, so that revisions rise also when the data were
 * lost. Where a directory was restored from an older copy, revisions since the copy come a second time.
 */
public final class NatsStore implements Store {
    private static final int MAX_ATTEMPTS = 30;
    /** 2^11 writes a millisecond on an average, for two hundred years, stay below what a long in JSON carries exactly. */
    private static final int WRITES_PER_MILLI = 2_048;

    private final NatsLink<?> link;
    private final BlockingCalls work;
    private final StoreWatches watches;

    public NatsStore(NatsLink<?> link, BlockingCalls work, StoreWatches watches) {
        this.link = link;
        this.work = work;
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
        return work.call(
                () -> last(link.session().api(), key).filter(this::lives).map(value -> value.entry(key)));
    }

    @Override
    public CompletionStage<Optional<Long>> put(Key key, byte[] value, long expectedRevision, Duration ttl) {
        if (value.length > MAX_VALUE_BYTES) {
            return CompletableFuture.failedFuture(new CarillonException(
                    ErrorCode.TOO_LARGE, "value: must have at most " + MAX_VALUE_BYTES + " bytes"));
        }
        StoredValue next = StoredValue.of(key.name(), value.clone(), ttl);
        return work.call(() -> {
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
                // What has ended, or was removed, is still the last message of the subject.
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
        return work.call(() -> {
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
        return work.call(() -> {
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
        return new OverloadedException("too many change the same value of kind " + key.kind());
    }
}
