package dev.carillon.node;

import dev.carillon.broker.Broker;
import dev.carillon.broker.Channel;
import dev.carillon.broker.Health;
import dev.carillon.broker.Log;
import dev.carillon.broker.Store;
import io.micrometer.core.instrument.MeterRegistry;

/** A broker whose operations on the store are counted. */
record MeasuredBroker(Broker broker, Store store) implements Broker {
    MeasuredBroker(Broker broker, MeterRegistry registry) {
        this(broker, new MeasuredStore(broker.store(), registry));
    }

    @Override
    public String driver() {
        return broker.driver();
    }

    @Override
    public Channel channel() {
        return broker.channel();
    }

    @Override
    public Log log() {
        return broker.log();
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
