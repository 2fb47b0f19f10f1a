package dev.carillon.broker.redis;

import dev.carillon.bench.RedisServer;
import dev.carillon.bench.TestServer;
import dev.carillon.broker.SecureBrokerContract;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

@Tag("redis")
class RedisSecureIT extends SecureBrokerContract {
    @Override
    protected TestServer server(Path certificate, Path key) {
        return RedisServer.secure(certificate, key);
    }
}
