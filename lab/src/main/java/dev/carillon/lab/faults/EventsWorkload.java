package dev.carillon.lab.faults;

import dev.carillon.lab.account.EventApi;
import dev.carillon.lab.account.EventSequence;
import dev.carillon.lab.account.Subscriber;
import java.util.List;
import java.util.Optional;

/** The workload of a run at {@code /events}. */
final class EventsWorkload implements Workload {
    private static final ScopedTraffic TRAFFIC = new ScopedTraffic(true);

    @Override
    public EventApi api(int broadcaster) {
        return EventApi.EVENTS;
    }

    @Override
    public List<List<EventSequence>> sequences() {
        return TRAFFIC.sequences();
    }

    @Override
    public EventSequence quiet(int number) {
        return TRAFFIC.quiet(number);
    }

    @Override
    public List<Subscriber> subscribers(int count) {
        return TRAFFIC.subscribers(count);
    }

    @Override
    public String target(int subscriber) {
        return "/events" + TRAFFIC.parameters(subscriber);
    }

    @Override
    public Optional<String> token(FaultCluster cluster, int subscriber) {
        // A client without a token belongs to the default tenant and reads no private event.
        boolean anonymous = Workload.tenant(subscriber).equals(TENANT) && !ScopedTraffic.readsPrivate(subscriber);
        return anonymous
                ? Optional.empty()
                : Optional.of(cluster.token(Workload.tenant(subscriber), ScopedTraffic.readsPrivate(subscriber)));
    }

    @Override
    public String broadcasterToken(FaultCluster cluster, String tenant) {
        return cluster.token(tenant, true);
    }
}
