package dev.carillon.broker.memory;

import dev.carillon.broker.OverloadedException;
import dev.carillon.broker.Store;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/** The values of the in-memory store. Confined to the server's thread. At most {@value #MAX_VALUES} values; further ones are refused. */
final class MemoryValues {
    private static final int MAX_VALUES = 1_000_000;
    private static final int WRITES_PER_SWEEP = 1_000;

    @SuppressWarnings("ArrayRecordComponent") // opaque bytes, never compared
    private record Value(byte[] bytes, long revision, long expiryNanos, boolean expires) {
        boolean expired(long now) {
            return expires && now - expiryNanos >= 0;
        }
    }

    private final LongSupplier nanoTime;
    private final Map<Store.Key, Value> values = new HashMap<>();
    private long revision;
    private int writes;

    MemoryValues(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    Optional<Store.Entry> get(Store.Key key) {
        Value value = values.get(key);
        if (value == null || value.expired(nanoTime.getAsLong())) {
            return Optional.empty();
        }
        return Optional.of(entry(key, value));
    }

    Optional<Long> put(Store.Key key, byte[] bytes, long expected, Duration ttl) {
        if (!matches(key, expected)) {
            return Optional.empty();
        }
        if (++writes % WRITES_PER_SWEEP == 0 || values.size() >= MAX_VALUES) {
            long now = nanoTime.getAsLong();
            values.values().removeIf(v -> v.expired(now));
        }
        if (values.size() >= MAX_VALUES && !values.containsKey(key)) {
            throw new OverloadedException("the in-memory store has at most " + MAX_VALUES + " values");
        }
        Value value = new Value(bytes.clone(), ++revision, nanoTime.getAsLong() + ttl.toNanos(), !ttl.isZero());
        values.put(key, value);
        return Optional.of(value.revision());
    }

    boolean remove(Store.Key key, long expected) {
        return get(key).isPresent() && matches(key, expected) && values.remove(key) != null;
    }

    List<Store.Entry> list(Tenant tenant, String kind) {
        long now = nanoTime.getAsLong();
        List<Store.Entry> found = new ArrayList<>();
        values.forEach((key, value) -> {
            if (key.tenant().equals(tenant)
                    && key.kind().equals(kind)
                    && !value.expired(now)
                    && found.size() < Store.MAX_LIST) {
                found.add(entry(key, value));
            }
        });
        return found;
    }

    private boolean matches(Store.Key key, long expected) {
        return expected == Store.ANY
                || expected == get(key).map(Store.Entry::revision).orElse(Store.ABSENT);
    }

    private static Store.Entry entry(Store.Key key, Value value) {
        return new Store.Entry(key, value.bytes().clone(), value.revision());
    }
}
