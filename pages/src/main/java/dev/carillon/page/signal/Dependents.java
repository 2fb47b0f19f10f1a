package dev.carillon.page.signal;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which owners of views read which signal, on one node. An owner that has ended is in no entry. Thread-safe. */
public final class Dependents {
    private static final Logger LOGGER = LoggerFactory.getLogger(Dependents.class);

    private final Map<SignalKey, Set<Dependent>> readers = new ConcurrentHashMap<>();

    public void add(SignalKey key, Dependent reader) {
        readers.compute(key, (k, before) -> {
            Set<Dependent> all = before == null ? ConcurrentHashMap.newKeySet() : before;
            all.add(reader);
            return all;
        });
    }

    public void remove(SignalKey key, Dependent reader) {
        readers.computeIfPresent(key, (k, all) -> {
            all.remove(reader);
            return all.isEmpty() ? null : all;
        });
    }

    /** Lets every owner of views that read one of the signals render them. */
    public void changed(Set<SignalKey> keys) {
        Map<Dependent, Set<SignalKey>> affected = new HashMap<>();
        for (SignalKey key : keys) {
            for (Dependent reader : readers.getOrDefault(key, Set.of())) {
                affected.computeIfAbsent(reader, r -> new HashSet<>()).add(key);
            }
        }
        affected.forEach((reader, changed) -> {
            try {
                reader.changed(changed);
            } catch (Throwable e) {
                // An Error too: the other owners must show the change.
                LOGGER.error("views could not be updated", e);
            }
        });
    }
}
