package dev.carillon.broker;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tracks, for drivers, whether the server refuses writes ({@link Health#refusal}), and logs the changes. Thread-safe. */
public final class WriteRefusal {
    private static final Logger LOGGER = LoggerFactory.getLogger(WriteRefusal.class);

    private final String server;
    /** Written under the monitor of this object. */
    private volatile @Nullable String reason;

    /** @param server printable address */
    public WriteRefusal(String server) {
        this.server = server;
    }

    public Optional<String> reason() {
        return Optional.ofNullable(reason);
    }

    /** Records an accepted write. */
    public synchronized void stored() {
        if (reason != null) {
            reason = null;
            LOGGER.atInfo().addKeyValue("server", server).log("the broker accepts writes again");
        }
    }

    /** Records a refused write. */
    public synchronized void refused(String why) {
        String before = reason;
        reason = why;
        if (before == null) {
            LOGGER.atWarn()
                    .addKeyValue("server", server)
                    .addKeyValue("reason", why)
                    .log("the broker refuses writes: broadcasts fail until it accepts them");
        }
    }
}
