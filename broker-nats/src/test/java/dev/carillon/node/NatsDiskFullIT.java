package dev.carillon.node;

import dev.carillon.process.NatsServer;
import org.junit.jupiter.api.Tag;

/** Another program takes the space of JetStream's files. */
@Tag("full")
@Tag("nats")
class NatsDiskFullIT extends DiskFullContract {
    NatsDiskFullIT() {
        super(32_768, NatsServer::on);
    }

    @Override
    protected String reason() {
        return "no space left on device";
    }
}
