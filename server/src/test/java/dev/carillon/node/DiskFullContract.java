package dev.carillon.node;

import dev.carillon.process.ServerProcess;
import dev.carillon.process.SmallDisk;
import dev.carillon.process.TestServer;
import java.util.function.Function;

/** {@link FullBrokerContract} with a disk that another program fills. */
abstract class DiskFullContract extends FullBrokerContract {
    private final SmallDisk disk;
    private final ServerProcess server;

    DiskFullContract(int kibibytes, Function<SmallDisk, ServerProcess> on) {
        disk = new SmallDisk(kibibytes);
        server = on.apply(disk);
    }

    ServerProcess server() {
        return server;
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
    protected void restart() {
        server.restart(TestServer.Data.KEPT);
    }

    @Override
    protected void stop() {
        server.close();
        disk.close();
    }
}
