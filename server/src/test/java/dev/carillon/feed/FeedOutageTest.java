package dev.carillon.feed;

import static dev.carillon.broker.RecordingNode.get;
import static dev.carillon.broker.SplitBroker.HERE;
import static dev.carillon.broker.SplitBroker.THERE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.broker.SplitBroker;
import dev.carillon.broker.memory.MemoryOutage;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A broker of two servers, of which one is unavailable. */
class FeedOutageTest {
    private static final Scope A = Scope.topic("a");

    private final List<String> received = new CopyOnWriteArrayList<>();
    private ScheduledExecutorService timer;
    private SplitBroker own;
    private SplitBroker other;
    private Feed feed;

    @BeforeEach
    void open() {
        timer = Executors.newSingleThreadScheduledExecutor();
        own = new SplitBroker("feed-outage", BrokerOptions.of("own"));
        other = new SplitBroker("feed-outage", BrokerOptions.of("other"));
        feed = new Feed(
                own,
                new SimpleMeterRegistry(),
                timer,
                System::nanoTime,
                new Received(),
                MemoryBudget.unlimited(),
                new Feed.Timing(500, 250));
        get(feed.join(
                List.of(Interest.in(HERE, A), Interest.in(THERE, A), Interest.in(THERE, Scope.SYSTEM)),
                MemoryBudget.NO_ADDRESS));
    }

    @AfterEach
    void close() {
        own.close();
        other.close();
        timer.shutdownNow();
    }

    @Test
    void tenants_of_the_other_server_receive_live_events_during_the_outage() {
        broadcast(THERE, "there 1");
        await().until(() -> received.size() == 1);
        MemoryOutage.begin(own.of(THERE));
        broadcast(THERE, "there 2");
        broadcast(HERE, "here 1");
        broadcast(HERE, "here 2");
        await().until(() -> received.size() == 3);
        assertThat(feed.unavailableTenants()).as("without side logs").isEqualTo(1);
        MemoryOutage.end(own.of(THERE));
        broadcast(THERE, "there 3");
        await().until(() -> received.size() == 5);

        assertThat(received).containsExactly("there 1", "here 1", "here 2", "there 2", "there 3");
        assertThat(feed.unavailableTenants()).isZero();
    }

    @Test
    void join_of_several_tenants_fails_only_for_those_of_the_server_that_is_unavailable() {
        Scope b = Scope.topic("b");
        MemoryOutage.begin(own.of(THERE));
        List<String> outcomes = new ArrayList<>();

        CompletionStage<Void> sent = new JoinRequest(
                        own,
                        own.health()::connected,
                        (some, failure) ->
                                outcomes.add(some.getFirst().tenant() + " " + (failure == null ? "joined" : "failed")))
                .send(List.of(Interest.in(HERE, b), Interest.in(THERE, b)));

        get(sent);
        assertThat(outcomes).containsExactlyInAnyOrder("here joined", "there failed");
    }

    @Test
    void chains_of_connected_tenants_start_at_their_heads_although_another_server_does_not_answer() {
        List<Interest> joined = List.of(Interest.in(HERE, A), Interest.in(THERE, A));
        List<Tenant> started = new CopyOnWriteArrayList<>();
        ChainStarts starts = new ChainStarts(own, tenant -> true, (tenant, of, heads) -> started.add(tenant));
        MemoryOutage.begin(own.of(THERE));
        starts.joined(joined);
        await().until(() -> started.equals(List.of(HERE)));
        starts.retry(THERE, joined.subList(1, 2));
        starts.retry(HERE, joined.subList(0, 1));
        MemoryOutage.end(own.of(THERE));

        // The request before has failed when the broker is asked for another one.
        await().until(() -> {
            starts.retry(THERE, joined.subList(1, 2));
            return started.equals(List.of(HERE, THERE));
        });
    }

    private void broadcast(Tenant tenant, String data) {
        get(other.channel().broadcast(Event.to(A).tenant(tenant).data(data).build()));
    }

    private final class Received implements FeedListener {
        @Override
        public void deliver(Live live) {
            received.add(live.event().data());
        }

        @Override
        public void late(Live live) {
            throw new AssertionError("no event is late");
        }

        @Override
        public CompletionStage<Void> settled() {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void mayHaveLost(Tenant tenant, Position after) {
            throw new AssertionError("no epoch began");
        }

        @Override
        public void lost(Collection<Interest> interests, Position after) {
            throw new AssertionError("nothing was lost");
        }
    }
}
