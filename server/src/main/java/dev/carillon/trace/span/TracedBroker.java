package dev.carillon.trace.span;

import dev.carillon.broker.AppendCounts;
import dev.carillon.broker.Appended;
import dev.carillon.broker.Broadcast;
import dev.carillon.broker.Broker;
import dev.carillon.broker.Chain;
import dev.carillon.broker.Channel;
import dev.carillon.broker.Health;
import dev.carillon.broker.Idempotency;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.broker.Log;
import dev.carillon.broker.Snapshot;
import dev.carillon.broker.Store;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** A broker whose appends have spans, and which notes when it sends a traced event to this node. */
final class TracedBroker implements Broker {
    private final Broker broker;
    private final Channel channel;

    TracedBroker(Broker broker, EventSpans spans) {
        this.broker = broker;
        this.channel = new TracedChannel(broker.channel(), broker.driver(), spans);
    }

    @Override
    public String driver() {
        return broker.driver();
    }

    @Override
    public Channel channel() {
        return channel;
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

    private record TracedChannel(Channel channel, String driver, EventSpans spans) implements Channel {
        @Override
        public void listen(Consumer<Live> listener) {
            channel.listen(live -> {
                spans.receive(live);
                listener.accept(live);
            });
        }

        @Override
        public CompletionStage<Appended> broadcast(Event event, Idempotency by) {
            return event.traceparent() == null
                    ? channel.broadcast(event, by)
                    : spans.append(event, driver, traced -> channel.broadcast(traced, by));
        }

        @Override
        public List<CompletionStage<Appended>> broadcastAll(List<Broadcast> broadcasts) {
            return broadcasts.stream().allMatch(one -> one.event().traceparent() == null)
                    ? channel.broadcastAll(broadcasts)
                    : Channel.super.broadcastAll(broadcasts);
        }

        @Override
        public AppendCounts appendCounts() {
            return channel.appendCounts();
        }

        @Override
        public Set<Chain> chains(Interest interest) {
            return channel.chains(interest);
        }

        @Override
        public Set<Chain> chains(Event event) {
            return channel.chains(event);
        }

        @Override
        public CompletionStage<Void> join(Collection<Interest> interests) {
            return channel.join(interests);
        }

        @Override
        public CompletionStage<Void> leave(Collection<Interest> interests) {
            return channel.leave(interests);
        }

        @Override
        public CompletionStage<Snapshot> snapshot(Tenant tenant, Collection<Scope> scopes) {
            return channel.snapshot(tenant, scopes);
        }
    }
}
