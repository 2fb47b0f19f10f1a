package dev.carillon.fanout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.auth.Grants;
import dev.carillon.base.Platform;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.format.Gap;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.Tenant;
import dev.carillon.socket.SendMode;
import dev.carillon.template.TemplateIndex;
import dev.carillon.template.TopicSelectors;
import dev.carillon.template.TopicTemplate;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Fan-out to connections that subscribed by template. */
class TemplateFanOutTest {
    private static final Tenant OTHER = Tenant.ofToken("other");
    private static final String BOOK = "https://fan.test/books/1";

    private final PlainFormat format = new PlainFormat();
    private final TestIoThread thread = new TestIoThread();
    private final AtomicInteger closed = new AtomicInteger();
    private long sequence;
    private final FanOut fanOut = new FanOut(
            new FanOutConfig(64 * 1024, 10, Duration.ofSeconds(2), SendMode.CHANNEL),
            List.of(format),
            ScopePolicies.DEFAULT,
            new SimpleMeterRegistry(),
            Platform.system().clock(() -> Instant.EPOCH),
            MemoryBudget.unlimited());

    private FakePipe open(Grants grants, Interest... interests) {
        FakePipe pipe = new FakePipe();
        Connection connection = TestConnections.attach(
                fanOut,
                thread,
                pipe,
                TestConnections.options(grants, format, closed::incrementAndGet),
                List.of(interests));
        CompletionStage<Void> _ = fanOut.open(connection, new byte[0], List.of(), LiveFrom.NONE);
        thread.run();
        return pipe;
    }

    private static Interest matching(String template) {
        return Interest.matching(Tenant.DEFAULT, TopicTemplate.parse(template).orElse(TopicTemplate.ANY));
    }

    private void deliver(Event.Draft draft) {
        fanOut.deliver(new Live(draft.build(), new Position(1, ++sequence, 1), List.of()));
        thread.run();
    }

    @Test
    void event_that_several_interests_cover_is_delivered_once() {
        FakePipe pipe = open(
                Grants.ANONYMOUS,
                matching("*"),
                matching("https://fan.test/books/{id}"),
                matching("{+any}"),
                Interest.in(Tenant.DEFAULT, Scope.topic(BOOK)),
                Interest.in(Tenant.DEFAULT, Scope.topic("b")));
        deliver(Event.to(Scope.topic(BOOK), Scope.topic("b")).data("1"));
        deliver(Event.to(Scope.topic("https://fan.test/films/1")).data("2"));

        assertThat(pipe.text()).isEqualTo("1;2;");
    }

    @Test
    void template_covers_only_topics_of_its_tenant() {
        FakePipe pipe = open(Grants.ANONYMOUS, matching("*"));
        deliver(Event.to(Scope.GLOBAL).data("global"));
        deliver(Event.to(Scope.route("/x")).data("route"));
        deliver(Event.to(Scope.user("u")).data("user"));
        deliver(Event.to(Scope.topic(BOOK)).tenant(OTHER).data("other"));
        deliver(Event.to(Scope.topic(BOOK)).data("mine"));

        assertThat(pipe.text()).isEqualTo("mine;");
    }

    @Test
    void private_event_needs_a_grant_for_one_of_its_topics() {
        Grants grants = new Grants(
                Tenant.DEFAULT,
                null,
                List.of(TopicSelectors.of(List.of("https://fan.test/users/{id}"))),
                List.of(),
                null);
        FakePipe some = open(grants, matching("https://fan.test/books/{id}"));
        FakePipe none = open(Grants.ANONYMOUS, matching("*"));
        deliver(Event.to(Scope.topic(BOOK)).isPrivate(true).data("1"));
        deliver(Event.to(Scope.topic(BOOK), Scope.topic("https://fan.test/users/7"))
                .isPrivate(true)
                .data("2"));

        assertThat(some.text()).isEqualTo("2;");
        assertThat(none.text()).isEmpty();
    }

    @Test
    void loss_of_all_events_of_a_tenant_is_announced_to_subscribers_by_template() {
        FakePipe byTemplate = open(Grants.ANONYMOUS, matching("https://fan.test/books/{id}"));
        FakePipe byTopic = open(Grants.ANONYMOUS, Interest.in(Tenant.DEFAULT, Scope.topic(BOOK)));
        fanOut.lost(List.of(Interest.all(Tenant.DEFAULT)), new Position(1, 1, 1));
        thread.run();

        assertThat(byTemplate.text()).contains(Gap.TYPE);
        assertThat(byTopic.text()).isEmpty();
    }

    @Test
    void subscription_beyond_the_template_limit_fails_and_joins_no_list() {
        List<Interest> full = IntStream.range(0, TemplateIndex.MAX_TEMPLATES)
                .mapToObj(i -> matching("https://fan.test/" + i + "/{id}"))
                .toList();
        open(Grants.ANONYMOUS, full.toArray(Interest[]::new));
        Interest book = Interest.in(Tenant.DEFAULT, Scope.topic(BOOK));
        Interest other = Interest.in(Tenant.DEFAULT, Scope.topic("other"));
        FakePipe pipe = new FakePipe();
        Connection connection =
                TestConnections.attach(fanOut, thread, pipe, TestConnections.options(format), List.of(other));
        CompletionStage<Void> _ = fanOut.open(connection, new byte[0], List.of(), LiveFrom.NONE);
        CompletionStage<Void> joining =
                fanOut.joinAsync(connection, List.of(book, matching("https://fan.test/more/{id}")));
        thread.run();
        deliver(Event.to(Scope.topic(BOOK)).data("1"));
        deliver(Event.to(Scope.topic("other")).data("2"));

        assertThat(joining.toCompletableFuture())
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .withMessageContaining("different topic templates");
        assertThat(pipe.text()).isEqualTo("2;");
        assertThat(connection.interests()).containsExactly(other);
    }

    @Test
    void template_without_connections_leaves_no_state() {
        FakePipe one = open(Grants.ANONYMOUS, matching("https://fan.test/books/{id}"));
        FakePipe two = open(Grants.ANONYMOUS, matching("https://fan.test/books/{id}"));
        one.disconnect();
        thread.run();
        deliver(Event.to(Scope.topic(BOOK)).data("1"));
        two.disconnect();
        thread.run();
        deliver(Event.to(Scope.topic(BOOK)).data("2"));

        assertThat(one.text()).isEmpty();
        assertThat(two.text()).isEqualTo("1;");
        assertThat(closed).hasValue(2);
        fanOut.forEachWorker(worker -> assertThat(worker.listCount()).isZero());
        assertThat(fanOut.templateCount()).isZero();
    }
}
