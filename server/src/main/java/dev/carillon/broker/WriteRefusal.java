package dev.carillon.broker;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** For drivers: what {@link Health#refusal} tells, and its changes in the log. Thread-safe. */
public final class WriteRefusal {
    private static final Logger LOGGER = LoggerFactory.getLogger(WriteRefusal.class);

    private final String server;
    /** Changed under the lock of this. */
    private volatile @Nullable String reason;

    /** @param server as it may be shown */
    public WriteRefusal(String server) {
        this.server = server;
    }

    public Optional<String> reason() {
        return Optional.ofNullable(reason);
    }

    /** The server has stored something. */
    public synchronized void stored() {
        if (reason != null) {
            reason = null;
            LOGGER.atInfo().addKeyValue("server", server).log("the broker takes writes again");
        }
    }

    /** The server has refused to store something that it should store. */
    public synchronized void refused(String why) {
        String before = reason;
        reason = why;
        if (before == null) {
            LOGGER.atWarn()
                    .addKeyValue("server", server)
                    .addKeyValue("reason", why)
                    .log("the broker refuses writes: broadcasts fail until it takes them");
        }
    }
}
