package dev.carillon.broker.nats;

import dev.carillon.bench.NatsServer;
import dev.carillon.bench.TestServer;
import dev.carillon.broker.SecureBrokerContract;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

@Tag("nats")
class NatsSecureIT extends SecureBrokerContract {
    @Override
    protected TestServer server(Path certificate, Path key) {
        return NatsServer.secure(certificate, key);
    }
}
