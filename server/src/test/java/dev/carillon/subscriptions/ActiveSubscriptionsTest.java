package dev.carillon.subscriptions;

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
import dev.carillon.mercure.SubscriptionAnnouncements;
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

/** Two nodes on the in-memory broker, and one that receives their announcements. The test decides which nodes have stopped. */
class ActiveSubscriptionsTest {
    private static final Tenant TENANT = new Tenant("acme");
    private static final SecureRandom RANDOM = Platform.system().secureRandom();
    private static final JsonMapper JSON = new JsonMapper();
    private static final String END = "end";

    private final AtomicLong now = new AtomicLong();
    private final Set<String> stopped = ConcurrentHashMap.newKeySet();
    private final Broker ownBroker = broker("own");
    private final Broker otherBroker = broker("other");
    private final RecordingNode receiver = new RecordingNode(broker("receiver"));
    private final ActiveSubscriptions own = node(ownBroker, "own", 1);
    private final ActiveSubscriptions other = node(otherBroker, "other", 1);
    private int ends;

    @BeforeEach
    void joinAnnouncements() {
        get(receiver.channel().join(List.of(Interest.all(TENANT.announcements()))));
    }

    @AfterEach
    void close() {
        ownBroker.close();
        otherBroker.close();
        receiver.close();
    }

    @Test
    void subscriber_is_listed_by_every_node_and_announced_privately() {
        Subscriber subscriber = Subscriber.of(
                RANDOM,
                TENANT,
                List.of("a", "https://example.com/{id}"),
                JsonNodeFactory.instance.objectNode().put("name", "Ada"));

        get(own.started(subscriber, 1));

        SubscriberList listed = get(other.list(TENANT));
        assertThat(listed.subscribers()).containsExactly(subscriber);
        assertThat(listed.truncated()).isFalse();
        assertThat(get(other.find(TENANT, subscriber.id()))).contains(subscriber);
        assertThat(get(other.list(Tenant.DEFAULT)).subscribers()).isEmpty();
        assertThat(announced()).containsExactly("a true", "https://example.com/{id} true");
        Event event = receiver.events().getFirst().event();
        assertThat(event.isPrivate()).isTrue();
        assertThat(event.scopes())
                .containsExactly(Scope.topic("/.well-known/mercure/subscriptions/a/"
                        + subscriber.id().replace(":", "%3A")));
        assertThat(event.data()).contains(subscriber.id());
    }

    @Test
    void subscriber_that_ends_is_not_listed_and_is_announced_once() {
        Subscriber subscriber = start("a", "b");

        own.ended(subscriber);
        own.ended(subscriber);

        await().until(() -> entries().isEmpty());
        assertThat(get(other.list(TENANT)).subscribers()).isEmpty();
        assertThat(get(other.find(TENANT, subscriber.id()))).isEmpty();
        assertThat(announced()).containsExactly("a true", "b true", "a false", "b false");
    }

    @Test
    void subscriber_too_large_for_the_store_is_refused_before_anything_is_done() {
        List<String> topics =
                IntStream.range(0, 900).mapToObj(i -> i + "x".repeat(80)).toList();
        Subscriber large = Subscriber.of(RANDOM, TENANT, topics, null);

        assertRefused(own.started(large, 1), ErrorCode.TOO_LARGE);
        Subscriber broken = Subscriber.of(RANDOM, TENANT, List.of("a"), JsonNodeFactory.instance.textNode("\ud800"));
        assertRefused(own.started(broken, 1), ErrorCode.INVALID_REQUEST);

        own.ended(large);
        assertThat(entries()).isEmpty();
        assertThat(announced()).isEmpty();
    }

    @Test
    void the_largest_accepted_subscriber_can_be_ended() {
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
        assertThat(announced()).containsExactly("a true", "a false");
    }

    @Test
    void a_selector_too_long_for_a_scope_is_listed_and_not_announced() {
        String fits = "%".repeat((1024 - "/.well-known/mercure/subscriptions//urn%3Auuid%3A".length() - 36) / 3);
        Subscriber subscriber = start("a", fits, fits + "%", "b");

        assertThat(get(other.list(TENANT)).subscribers()).containsExactly(subscriber);
        assertThat(announced()).containsExactly("a true", fits + " true", "b true");
    }

    @Test
    void subscriptions_of_a_stopped_node_are_ended_once_by_the_others() {
        start("a");
        start("b");
        ActiveSubscriptions third = node(otherBroker, "third", 1);

        stopped.add("own 1");
        other.check();
        third.check();

        await().until(() -> entries().isEmpty());
        assertThat(announced()).containsExactlyInAnyOrder("a true", "b true", "a false", "b false");
    }

    @Test
    void subscriptions_of_another_running_node_stay() {
        Subscriber subscriber = start("a");
        stopped.add("own 0");

        sweep(other);

        assertThat(get(other.list(TENANT)).subscribers()).containsExactly(subscriber);
        assertThat(announced()).containsExactly("a true");
    }

    @Test
    void a_restarted_node_ends_the_subscriptions_of_its_previous_generation() {
        start("a");
        stopped.add("own 1");
        ActiveSubscriptions again = node(ownBroker, "own", 2);

        again.tick();

        await().until(() -> entries().isEmpty());
        assertThat(announced()).containsExactly("a true", "a false");
    }

    @Test
    void an_end_that_a_failed_node_began_is_completed_without_duplicate_announcements() {
        Subscriber subscriber = start("a", "b");
        Store.Entry entry = entries().getFirst();
        SubscriptionRecord ending =
                SubscriptionRecord.of(entry).orElseThrow().endedBy(new SubscriptionRecord.Owner("dying", 7));
        SubscriptionStore store =
                new SubscriptionStore(receiver.broker().store(), now::get, Thread::startVirtualThread);
        get(store.put(ending, entry.revision()));
        assertThat(get(other.list(TENANT)).subscribers()).isEmpty();
        Subscriber firstTopic = new Subscriber(TENANT, subscriber.id(), List.of("a"), null);
        get(new SubscriptionAnnouncements(receiver.channel()).announce(firstTopic, 0, false));

        stopped.add("own 1");
        sweep(other);
        assertThat(entries()).hasSize(1);
        stopped.add("dying 7");
        other.check();

        await().until(() -> entries().isEmpty());
        assertThat(announced()).containsExactly("a true", "b true", "a false", "b false");
    }

    @Test
    void connected_subscriber_that_was_ended_by_mistake_is_listed_and_announced_again() {
        Subscriber subscriber = start("a");
        stopped.add("own 1");
        other.check();
        await().until(() -> entries().isEmpty());
        stopped.clear();

        own.check();

        await().until(() -> announcementCount() == 3);
        assertThat(get(other.list(TENANT)).subscribers()).containsExactly(subscriber);
        own.ended(subscriber);
        await().until(() -> entries().isEmpty());
        assertThat(announced()).containsExactly("a true", "a false", "a true", "a false");
    }

    @Test
    void subscriber_that_started_while_the_broker_was_unavailable_is_listed_after_it_reconnects() {
        MemoryOutage.begin(ownBroker);
        Subscriber subscriber = start("a");
        assertThat(entries()).isEmpty();

        MemoryOutage.end(ownBroker);

        await().until(() -> {
            own.tick();
            return announcementCount() == 1;
        });
        assertThat(get(other.list(TENANT)).subscribers()).containsExactly(subscriber);
        assertThat(announced()).containsExactly("a true");
    }

    @Test
    void subscriber_that_left_while_the_broker_was_unavailable_is_ended_after_it_reconnects() {
        Subscriber subscriber = start("a");
        MemoryOutage.begin(ownBroker);
        own.ended(subscriber);

        MemoryOutage.end(ownBroker);

        await().until(() -> {
            own.tick();
            return entries().isEmpty();
        });
        assertThat(announced()).containsExactly("a true", "a false");
    }

    @Test
    void records_are_renewed_long_before_they_expire() {
        start("a");
        long before = entries().getFirst().revision();
        own.tick();
        sweep(own);
        assertThat(entries().getFirst().revision()).isEqualTo(before);

        now.addAndGet(SubscriptionStore.RENEW.toNanos());
        own.tick();

        await().until(() -> entries().getFirst().revision() > before);
        assertThat(SubscriptionStore.TTL).isGreaterThan(SubscriptionStore.RENEW.multipliedBy(5));
        assertThat(announced()).containsExactly("a true");
    }

    @Test
    void sweep_that_fails_for_a_tenant_reaches_the_others_and_is_repeated_for_this_one_alone() {
        SlowStore broker = new SlowStore(ownBroker);
        broker.open().complete(null);
        ActiveSubscriptions node = node(broker, "third", 1);
        Tenant second = new Tenant("second");
        for (Tenant tenant : List.of(TENANT, second)) {
            get(other.started(Subscriber.of(RANDOM, tenant, List.of("a"), null), 1));
        }
        stopped.add("other 1");
        broker.broken().add(TENANT);
        sweep(node);
        await().until(() -> get(otherBroker.store().list(second, "mercure-sub")).isEmpty());
        assertThat(entries()).hasSize(1);
        await().until(() -> {
            broker.listed().clear();
            node.tick();
            await().until(node::isIdle);
            return !broker.listed().contains(Tenant.SYSTEM);
        });
        assertThat(broker.listed()).containsOnly(TENANT);

        broker.broken().clear();
        node.tick();

        await().until(() -> entries().isEmpty());
    }

    @Test
    void ten_thousand_simultaneous_ends_use_the_store_with_bounded_concurrency() {
        SlowStore slow = new SlowStore(ownBroker);
        ActiveSubscriptions node = node(slow, "slow", 1);
        slow.open().complete(null);
        List<Subscriber> many = new ArrayList<>();
        List<CompletionStage<Void>> started = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            many.add(Subscriber.of(RANDOM, TENANT, List.of("a"), null));
            started.add(node.started(many.getLast(), 1));
        }
        started.forEach(RecordingNode::get);
        assertThat(entries()).hasSize(10_000);
        assertThat(get(other.list(TENANT)).truncated()).isTrue();

        many.forEach(node::ended);

        await().until(() -> entries().isEmpty());
        assertThat(slow.most().get()).isBetween(2, ActiveSubscriptions.MAX_CONCURRENT);
        await().until(() -> receiver.events().size() == 20_000);
    }

    @Test
    void subscriber_beyond_the_rate_limit_is_announced_later_or_never() {
        ActiveSubscriptions paced = node(ownBroker, "paced", 1, new AnnouncementRateLimit(now::get, 1_000, 20));
        List<String> many = IntStream.range(0, 500).mapToObj(i -> "m" + i).toList();
        Subscriber later = Subscriber.of(RANDOM, TENANT, List.of("later"), null);
        Subscriber brief = Subscriber.of(RANDOM, TENANT, List.of("brief"), null);
        get(paced.started(Subscriber.of(RANDOM, TENANT, many, null), 1));

        get(paced.started(later, 1));
        get(paced.started(brief, 1));
        get(paced.started(Subscriber.of(RANDOM, TENANT, List.of("other address"), null), 2));
        paced.ended(brief);
        assertThat(announced()).hasSize(501).contains("other address true").doesNotContain("later true");
        now.addAndGet(Duration.ofSeconds(60).toNanos());
        paced.tick();

        await().until(() -> announced().contains("later true"));
        assertThat(announced()).doesNotContain("brief true", "brief false");
    }

    @Test
    void queued_subscriber_that_ends_is_never_announced() {
        SlowStore slow = new SlowStore(ownBroker);
        ActiveSubscriptions node = node(slow, "slow", 1);
        List<CompletionStage<Void>> started = new ArrayList<>();
        for (int i = 0; i < ActiveSubscriptions.MAX_CONCURRENT; i++) {
            started.add(node.started(Subscriber.of(RANDOM, TENANT, List.of("a"), null), 1));
        }
        await().until(() -> slow.running().get() == ActiveSubscriptions.MAX_CONCURRENT);
        Subscriber brief = Subscriber.of(RANDOM, TENANT, List.of("brief"), null);
        CompletionStage<Void> attempted = node.started(brief, 1);
        node.ended(brief);

        slow.open().complete(null);
        started.forEach(RecordingNode::get);
        get(attempted);

        assertThat(announced()).doesNotContain("brief true", "brief false");
        assertThat(get(other.find(TENANT, brief.id()))).isEmpty();
    }

    @Test
    void subscriber_that_ends_while_it_starts_is_announced_first_and_then_ended() {
        SlowStore slow = new SlowStore(ownBroker);
        ActiveSubscriptions node = node(slow, "slow", 1);
        Subscriber brief = Subscriber.of(RANDOM, TENANT, List.of("brief"), null);
        CompletionStage<Void> started = node.started(brief, 1);
        await().until(() -> slow.running().get() == 1);

        node.ended(brief);
        slow.open().complete(null);
        get(started);

        await().until(() -> announcementCount() == 2 && entries().isEmpty());
        assertThat(announced()).containsExactly("brief true", "brief false");
    }

    @Test
    void a_stopping_node_ends_its_subscriptions() {
        start("a");
        start("b");

        own.close();

        assertThat(entries()).isEmpty();
        assertThat(announced()).containsExactlyInAnyOrder("a true", "b true", "a false", "b false");
    }

    private Subscriber start(String... topics) {
        Subscriber subscriber = Subscriber.of(RANDOM, TENANT, List.of(topics), null);
        get(own.started(subscriber, 1));
        return subscriber;
    }

    /** Runs one sweep, and waits for the tasks that it starts. */
    private static void sweep(ActiveSubscriptions node) {
        node.check();
        await().until(node::isIdle);
    }

    private List<Store.Entry> entries() {
        return get(otherBroker.store().list(TENANT, "mercure-sub"));
    }

    private long announcementCount() {
        return receiver.events().size();
    }

    /** Topic and state of each announcement so far. */
    private List<String> announced() {
        String end = END + ends++;
        get(receiver.channel()
                .broadcast(Event.announcement(
                        TENANT, Scope.topic("/.well-known/mercure/subscriptions/" + END), null, end)));
        await().until(() -> receiver.data().contains(end));
        return receiver.data().stream()
                .filter(data -> !data.startsWith(END))
                .map(ActiveSubscriptionsTest::topicAndState)
                .toList();
    }

    private static String topicAndState(String data) {
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
        return node(broker, id, generation, new AnnouncementRateLimit(now::get, 1_000_000_000, 1_000_000_000));
    }

    private ActiveSubscriptions node(Broker broker, String id, long generation, AnnouncementRateLimit rateLimit) {
        Peers.View view = (node, nodeGeneration) -> stopped.contains(node + " " + nodeGeneration);
        return new ActiveSubscriptions(
                broker,
                new ActiveSubscriptions.Membership(id, generation, () -> CompletableFuture.completedFuture(view)),
                new SubscriptionAnnouncements(broker.channel()),
                Platform.system().nanoTime(now::get),
                rateLimit);
    }

    private static Broker broker(String id) {
        return Brokers.open("memory://subscriptions-test", BrokerOptions.of(id));
    }
}
