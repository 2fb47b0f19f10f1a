package dev.carillon.junit;

import dev.carillon.broker.Broker;
import dev.carillon.broker.Channel;
import dev.carillon.broker.Health;
import dev.carillon.broker.Log;
import dev.carillon.broker.Store;

/** A broker whose broadcasts are recorded. */
record RecordedBroker(Broker broker, Channel channel) implements Broker {
    @Override
    public String driver() {
        return broker.driver();
    }

    @Override
    public Log log() {
        return broker.log();
    }

    @Override
    public Store store() {
        return broker.store();
    }

    @Override
    public Health health() {
        return broker.health();
    }

    @Override
    public void close() {
        broker.close();
    }
}
