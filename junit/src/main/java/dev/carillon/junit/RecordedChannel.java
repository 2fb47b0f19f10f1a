package dev.carillon.junit;

import dev.carillon.broker.AppendCounts;
import dev.carillon.broker.Appended;
import dev.carillon.broker.Broadcast;
import dev.carillon.broker.Chain;
import dev.carillon.broker.Channel;
import dev.carillon.broker.Idempotency;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.broker.Snapshot;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** A channel whose broadcasts are recorded when they are in the log, before the caller gets the answer. */
record RecordedChannel(Channel channel, Recording recording) implements Channel {
    @Override
    public CompletionStage<Appended> broadcast(Event event, Idempotency by) {
        return recorded(event, channel.broadcast(event, by));
    }

    @Override
    public List<CompletionStage<Appended>> broadcastAll(List<Broadcast> broadcasts) {
        List<CompletionStage<Appended>> outcomes = channel.broadcastAll(broadcasts);
        List<CompletionStage<Appended>> recorded = new ArrayList<>(outcomes.size());
        for (int i = 0; i < outcomes.size(); i++) {
            recorded.add(recorded(broadcasts.get(i).event(), outcomes.get(i)));
        }
        return recorded;
    }

    private CompletionStage<Appended> recorded(Event event, CompletionStage<Appended> outcome) {
        return outcome.thenApply(appended -> {
            recording.add(event, appended);
            return appended;
        });
    }

    @Override
    public void listen(Consumer<Live> listener) {
        channel.listen(listener);
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
    public AppendCounts appendCounts() {
        return channel.appendCounts();
    }

    @Override
    public CompletionStage<Snapshot> snapshot(Tenant tenant, Collection<Scope> scopes) {
        return channel.snapshot(tenant, scopes);
    }
}
