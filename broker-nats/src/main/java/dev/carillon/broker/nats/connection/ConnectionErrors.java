package dev.carillon.broker.nats.connection;

import dev.carillon.edge.VerifiedTls;
import io.nats.client.Connection;
import io.nats.client.Consumer;
import io.nats.client.ErrorListener;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The errors of one connection. jnats reports them on its own threads. */
final class ConnectionErrors implements ErrorListener {
    private static final Logger LOGGER = LoggerFactory.getLogger(ConnectionErrors.class);

    private final NatsAddress address;
    private final NatsHealth health;
    private volatile String last = "";
    private volatile String reported = "";
    private volatile @Nullable String certificate;

    ConnectionErrors(NatsAddress address, NatsHealth health) {
        this.address = address;
        this.health = health;
    }

    /** The reason for which the server's certificate was refused; null: it was not. */
    @Nullable
    String certificate() {
        return certificate;
    }

    /** The last error that the server reported. */
    String reported() {
        return reported;
    }

    /** The last exception, for the message about the lost connection. */
    String last() {
        return last;
    }

    /** Messages are dropped while the connection stays open: nothing else would report it. */
    @Override
    public void slowConsumerDetected(Connection connection, Consumer consumer) {
        LOGGER.atWarn()
                .addKeyValue("server", address)
                .log("events were dropped because they arrived faster than they were processed");
        health.possibleLoss("events were dropped because they arrived faster than they were processed");
    }

    @Override
    public void errorOccurred(Connection connection, String error) {
        reported = error;
        LOGGER.atWarn()
                .addKeyValue("server", address)
                .addKeyValue("error", error)
                .log("NATS reported an error");
    }

    @Override
    public void exceptionOccurred(Connection connection, Exception e) {
        last = ": " + e;
        String refusal = VerifiedTls.refusal(e);
        if (refusal != null) {
            certificate = refusal;
        }
        LOGGER.debug("exception in the connection to NATS", e);
    }
}
