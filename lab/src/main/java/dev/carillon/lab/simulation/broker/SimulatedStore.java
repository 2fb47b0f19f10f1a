package dev.carillon.lab.simulation.broker;

import dev.carillon.broker.Store;
import dev.carillon.scope.Tenant;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/** The values in the broker. Every change has a larger revision than all before; values expire by the broker's time. */
public final class SimulatedStore {
    /** A write that took place. */
    public record Write(Store.Key key, String text) {}

    private record Value(Store.Entry entry, long expiresMillis) {}

    private final LongSupplier millis;
    private final Map<Store.Key, Value> values = new LinkedHashMap<>();
    private final List<Write> writes = new ArrayList<>();
    private long revision;

    public SimulatedStore(LongSupplier millis) {
        this.millis = millis;
    }

    public Optional<Store.Entry> get(Store.Key key) {
        Value value = values.get(key);
        return value == null || millis.getAsLong() >= value.expiresMillis()
                ? Optional.empty()
                : Optional.of(value.entry());
    }

    /** As {@link Store#put}. */
    public Optional<Long> put(Store.Key key, byte[] bytes, long expected, Duration ttl) {
        long present = get(key).map(Store.Entry::revision).orElse(Store.ABSENT);
        if (expected != Store.ANY && expected != present) {
            return Optional.empty();
        }
        revision++;
        long expires = ttl.isZero() ? Long.MAX_VALUE : millis.getAsLong() + ttl.toMillis();
        values.put(key, new Value(new Store.Entry(key, bytes.clone(), revision), expires));
        writes.add(new Write(key, new String(bytes, StandardCharsets.UTF_8)));
        return Optional.of(revision);
    }

    /** As {@link Store#remove}. */
    public boolean remove(Store.Key key, long expected) {
        Optional<Store.Entry> present = get(key);
        if (present.isEmpty()
                || expected != Store.ANY && expected != present.get().revision()) {
            return false;
        }
        values.remove(key);
        return true;
    }

    public List<Store.Entry> list(Tenant tenant, String kind) {
        return values.keySet().stream()
                .filter(key -> key.tenant().equals(tenant) && key.kind().equals(kind))
                .map(this::get)
                .flatMap(Optional::stream)
                .toList();
    }

    /** All writes of a kind that took place, in their order. */
    public List<Write> writes(String kind) {
        return writes.stream().filter(write -> write.key().kind().equals(kind)).toList();
    }
}
