package dev.carillon.broker.redis;

import dev.carillon.broker.SecureBrokerContract;
import dev.carillon.process.RedisServer;
import dev.carillon.process.TestServer;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

@Tag("redis")
class RedisSecureIT extends SecureBrokerContract {
    @Override
    protected TestServer server(Path certificate, Path key) {
        return RedisServer.secure(certificate, key);
    }
}
