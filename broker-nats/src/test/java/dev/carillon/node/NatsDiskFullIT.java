package dev.carillon.node;

import static org.assertj.core.api.Assumptions.assumeThat;

import dev.carillon.process.NatsServer;
import dev.carillon.process.SmallDisk;
import dev.carillon.process.TestServer;
import org.junit.jupiter.api.Tag;

/** Another program takes the space of JetStream's files. */
@Tag("full")
@Tag("nats")
class NatsDiskFullIT extends FullBrokerContract {
    private final SmallDisk disk;
    private final NatsServer server;

    NatsDiskFullIT() {
        assumeThat(SmallDisk.refusal()).as("a file system of its own").isEmpty();
        disk = new SmallDisk(32_768);
        server = NatsServer.on(disk);
    }

    @Override
    protected String broker() {
        return server.address();
    }

    @Override
    protected void fill() {
        disk.fill();
    }

    @Override
    protected void makeSpace() {
        disk.free();
    }

    @Override
    protected boolean restarts() {
        return false;
    }

    @Override
    protected String reason() {
        return "no space left on device";
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
