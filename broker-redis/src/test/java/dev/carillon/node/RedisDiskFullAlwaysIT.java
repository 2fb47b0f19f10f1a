package dev.carillon.node;

import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.process.RedisServer;
import dev.carillon.process.SmallDisk;
import dev.carillon.process.TestServer;
import org.junit.jupiter.api.Tag;

/** The same with {@code appendfsync always}: Redis ends, and is started when there is space. */
@Tag("full")
@Tag("redis")
class RedisDiskFullAlwaysIT extends FullBrokerContract {
    private final SmallDisk disk;
    private final RedisServer server;

    RedisDiskFullAlwaysIT() {
        assumeThat(SmallDisk.refusal()).as("a file system of its own").isEmpty();
        disk = new SmallDisk(16_384);
        server = RedisServer.on(disk, "--appendfsync", "always");
    }

    @Override
    protected String broker() {
        return server.address();
    }

    @Override
    protected void fill() {
        disk.fill();
        await().until(() -> !server.isAlive());
    }

    @Override
    protected void makeSpace() {
        disk.free();
        server.restart(TestServer.Data.KEPT);
    }

    @Override
    protected boolean restarts() {
        return true;
    }

    @Override
    protected String reason() {
        return "Redis is unavailable";
    }

    @Override
    protected void restart() {
        server.restart(TestServer.Data.KEPT);
    }

    @Override
    protected void stop() {
        server.close();
        disk.close();
    }
}
