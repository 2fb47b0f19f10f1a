package dev.carillon.mercure;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Interest;
import dev.carillon.broker.RecordingNode;
import dev.carillon.broker.Store;
import dev.carillon.broker.memory.MemoryOutage;
import dev.carillon.cluster.Peers;
import dev.carillon.scope.Event;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two nodes on the in-memory broker, and one that hears what they announce. Who is gone the test says; sweeps run when it ticks. */
class ActiveSubscriptionsTest {
    private static final Tenant TENANT = new Tenant("acme");
    private static final SecureRandom RANDOM = Platform.system().secureRandom();
    private static final JsonMapper JSON = new JsonMapper();
    private static final String END = "end";

    private final AtomicLong now = new AtomicLong();
    private final Set<String> gone = ConcurrentHashMap.newKeySet();
    private final Broker ownBroker = broker("own");
    private final Broker otherBroker = broker("other");
    private final RecordingNode hearing = new RecordingNode(broker("hearing"));
    private final ActiveSubscriptions own = node(ownBroker, "own", 1);
    private final ActiveSubscriptions other = node(otherBroker, "other", 1);
    private int ends;

    @BeforeEach
    void hear() {
        get(hearing.channel().join(List.of(Interest.all(TENANT.announcements()))));
    }

    @AfterEach
    void close() {
        ownBroker.close();
        otherBroker.close();
        hearing.close();
    }

    @Test
    void who_starts_is_listed_by_every_node_and_announced_to_those_who_may_know() {
        Subscriber subscriber = Subscriber.of(
                RANDOM,
                TENANT,
                List.of("a", "https://example.com/{id}"),
                JsonNodeFactory.instance.objectNode().put("name", "Ada"));

        get(own.started(subscriber, 1));

        Listing listing = get(other.list(TENANT));
        assertThat(listing.subscribers()).containsExactly(subscriber);
        assertThat(listing.truncated()).isFalse();
        assertThat(get(other.find(TENANT, subscriber.id()))).contains(subscriber);
        assertThat(get(other.list(Tenant.DEFAULT)).subscribers()).isEmpty();
        assertThat(heard()).containsExactly("a true", "https://example.com/{id} true");
        Event event = hearing.events().getFirst().event();
        assertThat(event.isPrivate()).isTrue();
        assertThat(event.scopes())
                .containsExactly(Scope.topic("/.well-known/mercure/subscriptions/a/"
                        + subscriber.id().replace(":", "%3A")));
        assertThat(event.data())
                .isEqualTo(SubscriptionDocuments.update(subscriber, "a", true).toString());
    }

    @Test
    void who_ends_is_listed_no_more_and_announced_once() {
        Subscriber subscriber = start("a", "b");

        own.ended(subscriber);
        own.ended(subscriber);

        await().until(() -> entries().isEmpty());
        assertThat(get(other.list(TENANT)).subscribers()).isEmpty();
        assertThat(get(other.find(TENANT, subscriber.id()))).isEmpty();
        assertThat(heard()).containsExactly("a true", "b true", "a false", "b false");
    }

    @Test
    void what_is_too_large_for_the_store_is_refused_before_anything_happened() {
        List<String> topics =
                IntStream.range(0, 900).mapToObj(i -> i + "x".repeat(80)).toList();
        Subscriber large = Subscriber.of(RANDOM, TENANT, topics, null);

        assertRefused(own.started(large, 1), ErrorCode.TOO_LARGE);
        Subscriber broken = Subscriber.of(RANDOM, TENANT, List.of("a"), JsonNodeFactory.instance.textNode("\ud800"));
        assertRefused(own.started(broken, 1), ErrorCode.INVALID_REQUEST);

        own.ended(large);
        assertThat(entries()).isEmpty();
        assertThat(heard()).isEmpty();
    }

    @Test
    void the_largest_that_is_taken_can_be_ended() {
        int bytes = SubscriptionRecord.active(
                        Subscriber.of(RANDOM, TENANT, List.of("a"), JsonNodeFactory.instance.textNode("")),
                        new SubscriptionRecord.Owner("own", 1),
                        0)
                .bytes()
                .length;
        String payload = "x".repeat(SubscriptionRecord.MAX_BYTES - bytes);
        Subscriber subscriber = Subscriber.of(RANDOM, TENANT, List.of("a"), JsonNodeFactory.instance.textNode(payload));
        get(own.started(subscriber, 1));
        assertThat(entries()).hasSize(1);

        own.ended(subscriber);

        await().until(() -> entries().isEmpty());
        assertThat(heard()).containsExactly("a true", "a false");
    }

    @Test
    void a_selector_too_long_for_a_scope_is_listed_and_not_announced() {
        String fits = "%".repeat((1024 - "/.well-known/mercure/subscriptions//urn%3Auuid%3A".length() - 36) / 3);
        Subscriber subscriber = start("a", fits, fits + "%", "b");

        assertThat(get(other.list(TENANT)).subscribers()).containsExactly(subscriber);
        assertThat(heard()).containsExactly("a true", fits + " true", "b true");
    }

    @Test
    void what_a_gone_node_left_behind_the_others_end_once() {
        start("a");
        start("b");
        ActiveSubscriptions third = node(otherBroker, "third", 1);

        gone.add("own 1");
        other.check();
        third.check();

        await().until(() -> entries().isEmpty());
        assertThat(heard()).containsExactlyInAnyOrder("a true", "b true", "a false", "b false");
    }

    @Test
    void what_is_another_nodes_stays_while_that_is_not_gone() {
        Subscriber subscriber = start("a");
        gone.add("own 0");

        sweep(other);

        assertThat(get(other.list(TENANT)).subscribers()).containsExactly(subscriber);
        assertThat(heard()).containsExactly("a true");
    }

    @Test
    void a_node_ends_what_its_former_life_left_behind() {
        start("a");
        gone.add("own 1");
        ActiveSubscriptions again = node(ownBroker, "own", 2);

        again.tick();

        await().until(() -> entries().isEmpty());
        assertThat(heard()).containsExactly("a true", "a false");
    }

    @Test
    void an_end_over_which_a_node_died_is_finished_and_nothing_told_twice() {
        Subscriber subscriber = start("a", "b");
        Store.Entry entry = entries().getFirst();
        SubscriptionRecord ending =
                SubscriptionRecord.of(entry).orElseThrow().endedBy(new SubscriptionRecord.Owner("dying", 7));
        SubscriptionStore store = new SubscriptionStore(hearing.broker().store(), now::get, Thread::startVirtualThread);
        get(store.put(ending, entry.revision()));
        assertThat(get(other.list(TENANT)).subscribers()).isEmpty();
        SubscriptionRecord first = new SubscriptionRecord(
                new Subscriber(TENANT, subscriber.id(), List.of("a"), null), ending.owner(), 0, null);
        get(new Announcements(hearing.channel()).tell(first, false));

        gone.add("own 1");
        sweep(other);
        assertThat(entries()).hasSize(1);
        gone.add("dying 7");
        other.check();

        await().until(() -> entries().isEmpty());
        assertThat(heard()).containsExactly("a true", "b true", "a false", "b false");
    }

    @Test
    void who_was_taken_for_ended_but_is_connected_is_listed_and_announced_anew() {
        Subscriber subscriber = start("a");
        gone.add("own 1");
        other.check();
        await().until(() -> entries().isEmpty());
        gone.clear();

        own.check();

        await().until(() -> heardCount() == 3);
        assertThat(get(other.list(TENANT)).subscribers()).containsExactly(subscriber);
        own.ended(subscriber);
        await().until(() -> entries().isEmpty());
        assertThat(heard()).containsExactly("a true", "a false", "a true", "a false");
    }

    @Test
    void who_started_while_the_broker_was_away_is_listed_when_it_is_back() {
        MemoryOutage.begin(ownBroker);
        Subscriber subscriber = start("a");
        assertThat(entries()).isEmpty();

        MemoryOutage.end(ownBroker);

        await().until(() -> {
            own.tick();
            return heardCount() == 1;
        });
        assertThat(get(other.list(TENANT)).subscribers()).containsExactly(subscriber);
        assertThat(heard()).containsExactly("a true");
    }

    @Test
    void who_ended_while_the_broker_was_away_is_ended_when_it_is_back() {
        Subscriber subscriber = start("a");
        MemoryOutage.begin(ownBroker);
        own.ended(subscriber);

        MemoryOutage.end(ownBroker);

        await().until(() -> {
            own.tick();
            return entries().isEmpty();
        });
        assertThat(heard()).containsExactly("a true", "a false");
    }

    @Test
    void values_are_written_anew_long_before_they_end() {
        start("a");
        long before = entries().getFirst().revision();
        own.tick();
        sweep(own);
        assertThat(entries().getFirst().revision()).isEqualTo(before);

        now.addAndGet(SubscriptionStore.RENEW.toNanos());
        own.tick();

        await().until(() -> entries().getFirst().revision() > before);
        assertThat(SubscriptionStore.TTL).isGreaterThan(SubscriptionStore.RENEW.multipliedBy(5));
        assertThat(heard()).containsExactly("a true");
    }

    @Test
    void ten_thousand_ends_at_once_ask_the_store_for_a_few_at_a_time() {
        SlowStore slow = new SlowStore(ownBroker);
        ActiveSubscriptions node = node(slow, "slow", 1);
        slow.open().complete(null);
        List<Subscriber> herd = new ArrayList<>();
        List<CompletionStage<Void>> started = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            herd.add(Subscriber.of(RANDOM, TENANT, List.of("a"), null));
            started.add(node.started(herd.getLast(), 1));
        }
        started.forEach(RecordingNode::get);
        assertThat(entries()).hasSize(10_000);
        assertThat(get(other.list(TENANT)).truncated()).isTrue();

        herd.forEach(node::ended);

        await().until(() -> entries().isEmpty());
        assertThat(slow.most().get()).isBetween(2, ActiveSubscriptions.MAX_AT_ONCE);
        await().until(() -> hearing.events().size() == 20_000);
    }

    @Test
    void subscriber_beyond_the_pace_is_announced_later_or_never() {
        ActiveSubscriptions paced = node(ownBroker, "paced", 1, new AnnouncementPace(now::get, 1_000, 20));
        List<String> many = IntStream.range(0, 500).mapToObj(i -> "m" + i).toList();
        Subscriber later = Subscriber.of(RANDOM, TENANT, List.of("later"), null);
        Subscriber brief = Subscriber.of(RANDOM, TENANT, List.of("brief"), null);
        get(paced.started(Subscriber.of(RANDOM, TENANT, many, null), 1));

        get(paced.started(later, 1));
        get(paced.started(brief, 1));
        get(paced.started(Subscriber.of(RANDOM, TENANT, List.of("other address"), null), 2));
        paced.ended(brief);
        assertThat(heard()).hasSize(501).contains("other address true").doesNotContain("later true");
        now.addAndGet(Duration.ofSeconds(60).toNanos());
        paced.tick();

        await().until(() -> heard().contains("later true"));
        assertThat(heard()).doesNotContain("brief true", "brief false");
    }

    @Test
    void who_ended_before_its_turn_came_is_never_announced() {
        SlowStore slow = new SlowStore(ownBroker);
        ActiveSubscriptions node = node(slow, "slow", 1);
        List<CompletionStage<Void>> started = new ArrayList<>();
        for (int i = 0; i < ActiveSubscriptions.MAX_AT_ONCE; i++) {
            started.add(node.started(Subscriber.of(RANDOM, TENANT, List.of("a"), null), 1));
        }
        await().until(() -> slow.underWay().get() == ActiveSubscriptions.MAX_AT_ONCE);
        Subscriber brief = Subscriber.of(RANDOM, TENANT, List.of("brief"), null);
        CompletionStage<Void> turn = node.started(brief, 1);
        node.ended(brief);

        slow.open().complete(null);
        started.forEach(RecordingNode::get);
        get(turn);

        assertThat(heard()).doesNotContain("brief true", "brief false");
        assertThat(get(other.find(TENANT, brief.id()))).isEmpty();
    }

    @Test
    void who_ends_while_it_starts_is_announced_first_and_then_ended() {
        SlowStore slow = new SlowStore(ownBroker);
        ActiveSubscriptions node = node(slow, "slow", 1);
        Subscriber brief = Subscriber.of(RANDOM, TENANT, List.of("brief"), null);
        CompletionStage<Void> started = node.started(brief, 1);
        await().until(() -> slow.underWay().get() == 1);

        node.ended(brief);
        slow.open().complete(null);
        get(started);

        await().until(() -> heardCount() == 2 && entries().isEmpty());
        assertThat(heard()).containsExactly("brief true", "brief false");
    }

    @Test
    void a_node_that_stops_ends_what_is_connected_to_it() {
        start("a");
        start("b");

        own.close();

        assertThat(entries()).isEmpty();
        assertThat(heard()).containsExactlyInAnyOrder("a true", "b true", "a false", "b false");
    }

    private Subscriber start(String... topics) {
        Subscriber subscriber = Subscriber.of(RANDOM, TENANT, List.of(topics), null);
        get(own.started(subscriber, 1));
        return subscriber;
    }

    /** Once, with all that it leads to. */
    private static void sweep(ActiveSubscriptions node) {
        node.check();
        await().until(node::isIdle);
    }

    private List<Store.Entry> entries() {
        return get(otherBroker.store().list(TENANT, "mercure-sub"));
    }

    private long heardCount() {
        return hearing.events().size();
    }

    /** Topic and whether it is active, of each update up to now. */
    private List<String> heard() {
        String end = END + ends++;
        get(hearing.channel()
                .broadcast(Event.announcement(TENANT, Scope.topic(SubscriptionPath.ROOT + "/" + END), null, end)));
        await().until(() -> hearing.data().contains(end));
        return hearing.data().stream()
                .filter(data -> !data.startsWith(END))
                .map(ActiveSubscriptionsTest::told)
                .toList();
    }

    private static String told(String data) {
        try {
            JsonNode json = JSON.readTree(data);
            return json.get("topic").textValue() + " " + json.get("active").booleanValue();
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    private static void assertRefused(CompletionStage<Void> stage, ErrorCode code) {
        assertThatThrownBy(() -> get(stage))
                .isInstanceOfSatisfying(
                        CarillonException.class, e -> assertThat(e.code()).isEqualTo(code));
    }

    private ActiveSubscriptions node(Broker broker, String id, long generation) {
        return node(broker, id, generation, new AnnouncementPace(now::get, 1_000_000_000, 1_000_000_000));
    }

    private ActiveSubscriptions node(Broker broker, String id, long generation, AnnouncementPace pace) {
        Peers.View view = (node, life) -> gone.contains(node + " " + life);
        return new ActiveSubscriptions(
                broker,
                id,
                generation,
                () -> CompletableFuture.completedFuture(view),
                Platform.system().nanoTime(now::get),
                pace);
    }

    private static Broker broker(String id) {
        return Brokers.open("memory://subscriptions-test", BrokerOptions.of(id));
    }
}
