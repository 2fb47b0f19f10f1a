package dev.carillon.broker;

import dev.carillon.base.ConfigException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Options of the driver for NATS.
 *
 * @param replicas number of servers that store each event: 1, 3 or 5
 * @param credentials file with the JWT and the seed of a user
 * @param nkey file with the seed of a user
 * @param authorities PEM file of the authorities that sign the servers' certificates; empty: those of the JVM
 */
public record NatsOptions(int replicas, Optional<Path> credentials, Optional<Path> nkey, Optional<Path> authorities) {
    public static final NatsOptions DEFAULT = new NatsOptions(1, Optional.empty(), Optional.empty(), Optional.empty());

    public NatsOptions {
        if (replicas != 1 && replicas != 3 && replicas != 5) {
            throw new ConfigException("nats-replicas", replicas, "must be 1, 3 or 5");
        }
        if (credentials.isPresent() && nkey.isPresent()) {
            throw new ConfigException(
                    "nats-nkey-file", nkey.get(), "must not be set together with nats-credentials-file");
        }
    }

    public NatsOptions replicas(int value) {
        return new NatsOptions(value, credentials, nkey, authorities);
    }
}
