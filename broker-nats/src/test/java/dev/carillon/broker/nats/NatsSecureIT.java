package dev.carillon.broker.nats;

import dev.carillon.broker.SecureBrokerContract;
import dev.carillon.process.NatsServer;
import dev.carillon.process.TestServer;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

@Tag("nats")
class NatsSecureIT extends SecureBrokerContract {
    @Override
    protected TestServer server(Path certificate, Path key) {
        return NatsServer.secure(certificate, key);
    }
}
