package dev.carillon.page.view;

import dev.carillon.page.signal.Dependent;
import dev.carillon.page.signal.Dependents;
import dev.carillon.page.signal.SignalKey;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

/** The signals that the views of one owner read, as registered in {@link Dependents}. Guarded by the lock of the owner. */
public final class ReadIndex {
    private final Dependents dependents;
    private final Dependent owner;
    private final Set<SignalKey> registered = new HashSet<>();

    public ReadIndex(Dependents dependents, Dependent owner) {
        this.dependents = dependents;
        this.owner = owner;
    }

    public void add(SignalKey key) {
        if (registered.add(key)) {
            dependents.add(key, owner);
        }
    }

    /** Removes what no view reads any more. */
    public void keepOnly(Collection<View> views) {
        Set<SignalKey> gone = new HashSet<>(registered);
        views.forEach(view -> gone.removeAll(view.reads()));
        remove(gone);
    }

    public void clear() {
        remove(new HashSet<>(registered));
    }

    private void remove(Set<SignalKey> gone) {
        gone.forEach(key -> dependents.remove(key, owner));
        registered.removeAll(gone);
    }
}
