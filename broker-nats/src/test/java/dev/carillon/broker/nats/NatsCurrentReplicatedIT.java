package dev.carillon.broker.nats;

import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerContract;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.NatsOptions;
import dev.carillon.process.NatsCluster;
import dev.carillon.process.NatsServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The contract on three servers of the current release that store each event. */
@Tag("full")
@Tag("nats-current")
class NatsCurrentReplicatedIT extends BrokerContract {
    private static final int SERVERS = 3;
    private static NatsCluster cluster;

    @BeforeAll
    static void start() {
        cluster = new NatsCluster(NatsServer.Release.CURRENT, SERVERS);
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    @Override
    protected Broker open(BrokerOptions options) {
        return Brokers.open(cluster.address(), options.nats(NatsOptions.DEFAULT.replicas(SERVERS)));
    }

    @Override
    protected AutoCloseable stall() {
        cluster.pause();
        return cluster::resume;
    }
}
