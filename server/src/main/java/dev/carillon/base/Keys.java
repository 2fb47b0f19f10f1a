package dev.carillon.base;

import java.util.ArrayList;
import java.util.List;

/** Collects keys as they are declared, so that no second list has to repeat them. Filled by one static initializer; not thread-safe. */
public final class Keys {
    private final List<Key<?>> declared = new ArrayList<>();

    public Keys() {}

    public <T> Key<T> declare(Key<T> key) {
        declared.add(key);
        return key;
    }

    /** The keys so far, in the order of their declaration. */
    public List<Key<?>> list() {
        return List.copyOf(declared);
    }
}
