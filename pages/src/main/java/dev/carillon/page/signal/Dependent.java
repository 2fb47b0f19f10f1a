package dev.carillon.page.signal;

import java.util.Set;

/** An owner of views that read signals. */
public interface Dependent {
    /** Renders and sends the views that read one of the signals. */
    void changed(Set<SignalKey> keys);
}
