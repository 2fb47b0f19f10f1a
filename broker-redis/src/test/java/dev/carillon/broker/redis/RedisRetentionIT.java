package dev.carillon.broker.redis;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.carillon.broker.Appended;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Channel;
import dev.carillon.broker.IdLookup;
import dev.carillon.broker.Idempotency;
import dev.carillon.broker.Live;
import dev.carillon.broker.Log;
import dev.carillon.broker.OverloadedException;
import dev.carillon.broker.Page;
import dev.carillon.broker.PatientOptions;
import dev.carillon.broker.RecordingNode;
import dev.carillon.broker.Store;
import dev.carillon.broker.redis.script.Keys;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.ScopePolicy;
import dev.carillon.scope.Selector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The retention of the log, and that it never hides missing events. */
class RedisRetentionIT extends RedisFixture {
    private static final Duration FOREVER = Duration.ofHours(1);

    private static final Duration AGE = Duration.ofSeconds(3);

    private static BrokerOptions keeping(int events, Duration age) {
        return PatientOptions.of("node")
                .policies(new ScopePolicies(List.of(new ScopePolicy(new Selector("*"), events, age))));
    }

    private record Written(Event event, Position at) {}

    private List<Written> write(RecordingNode node, List<Event> events) {
        List<Written> written = new ArrayList<>();
        List<CompletionStage<Appended>> window = new ArrayList<>();
        for (int i = 0; i < events.size(); i++) {
            window.add(node.channel().broadcast(events.get(i)));
            if (window.size() == 200 || i == events.size() - 1) {
                for (CompletionStage<Appended> answer : window) {
                    written.add(
                            new Written(events.get(written.size()), get(answer).at()));
                }
                window.clear();
            }
        }
        return written;
    }

    private List<Event> readAll(RecordingNode node, List<Scope> scopes, Position after, Set<Boolean> incomplete) {
        List<Event> read = new ArrayList<>();
        Position at = after;
        Page page;
        do {
            page = get(node.broker().log().read(tenant, scopes, at, 300));
            incomplete.add(page.incomplete());
            page.events().forEach(live -> read.add(live.event()));
            at = page.last();
        } while (page.more());
        return read;
    }

    /** Reads from many positions: a page reported complete must be complete, and must be reported so where that can be known. */
    private void assertNothingIsHidden(
            RecordingNode node, List<Written> written, List<List<Scope>> reads, Random random) {
        for (int i = 0; i < 60; i++) {
            int from = random.nextInt(written.size());
            for (List<Scope> scopes : reads) {
                Set<Boolean> incomplete = new HashSet<>();
                List<Event> read = readAll(node, scopes, written.get(from).at(), incomplete);
                List<Event> expected = written.subList(from + 1, written.size()).stream()
                        .map(Written::event)
                        .filter(e -> scopes.isEmpty() || e.scopes().stream().anyMatch(scopes::contains))
                        .toList();
                if (!incomplete.contains(true)) {
                    assertThat(read)
                            .as("%s from %d of %d, said to be complete", scopes, from, written.size())
                            .isEqualTo(expected);
                } else {
                    assertThat(expected).containsSubsequence(read);
                }
            }
        }
    }

    @Test
    void page_never_hides_missing_events() {
        Random random = new Random(7);
        List<Scope> scopes =
                IntStream.range(0, 8).mapToObj(i -> Scope.topic("s" + i)).toList();
        RecordingNode node = node(keeping(100, FOREVER).maxLogEvents(700));
        List<Event> events = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            // Some scopes are used rarely, some never again after the first half.
            int one = (int) (scopes.size() * random.nextDouble() * random.nextDouble());
            int other = i < 1_000 ? random.nextInt(scopes.size()) : one;
            events.add(event("" + i, scopes.get(one), scopes.get(other)));
        }
        List<Written> written = write(node, events);

        assertNothingIsHidden(
                node,
                written,
                List.of(
                        List.of(),
                        scopes,
                        List.of(scopes.get(0)),
                        List.of(scopes.get(7)),
                        List.of(scopes.get(3), scopes.get(6))),
                random);
        assertThat(readAll(node, List.of(), Position.NONE, new HashSet<>())).hasSize(700);
    }

    @Test
    void page_at_its_scan_limit_ends_early_and_is_complete() {
        RecordingNode node = node(keeping(1_000, FOREVER));
        List<Scope> scopes = new ArrayList<>(
                IntStream.range(0, 100).mapToObj(i -> Scope.topic("s" + i)).toList());
        List<Event> events = new ArrayList<>();
        for (int i = 0; i < 600; i++) {
            events.add(Event.to(scopes).tenant(tenant).data("" + i).build());
        }
        for (int i = 0; i < 5; i++) {
            events.add(event("in one alone " + i, A));
        }
        write(node, events);
        scopes.add(A);

        Page first = get(node.broker().log().read(tenant, scopes, Position.NONE, Log.MAX_PAGE));
        assertThat(first.more()).isTrue();
        assertThat(first.events()).hasSizeBetween(100, 599);
        assertThat(readAll(node, scopes, Position.NONE, new HashSet<>())).isEqualTo(events);
    }

    @Test
    @Tag("full")
    void scope_in_use_keeps_its_index_beyond_its_first_expiry() {
        RecordingNode node = node(keeping(1_000, AGE));
        Position first = broadcast(node, "first", A).at();
        List<Position> last = new ArrayList<>(List.of(first));
        AtomicInteger checked = new AtomicInteger();
        await().pollInterval(Duration.ofMillis(50)).until(() -> {
            for (int i = 0; i < 3; i++) {
                last.add(broadcast(node, "x", A).at());
            }
            int back = Math.min(12, last.size() - 1);
            Page page = get(node.broker().log().read(tenant, List.of(A), last.get(last.size() - 1 - back), 100));
            long expires = raw().pttl(key("index", A.text()));
            long now = Long.parseLong(raw().time().getFirst()) * 1_000;
            // On a slow machine it may expire before it is read.
            if (now + 1_000 < last.get(last.size() - 1 - back).atMillis() + AGE.toMillis()) {
                assertThat(page.incomplete()).isFalse();
                assertThat(page.events()).hasSize(back);
                assertThat(expires).isPositive();
                checked.addAndGet(now > first.atMillis() + 2 * AGE.toMillis() ? 1 : 0);
            }
            return checked.get() >= 10;
        });
    }

    @Test
    @Tag("full")
    void busy_scope_is_trimmed_before_a_quiet_one() {
        RecordingNode node = node(keeping(1_000, FOREVER));
        List<Event> events = new ArrayList<>();
        for (int i = 0; i < 4_000; i++) {
            events.add(i % 500 == 0 ? event("" + i, B) : i % 10 == 0 ? event("" + i, A, B) : event("" + i, A));
        }
        List<Written> written = write(node, events);

        Set<Boolean> incomplete = new HashSet<>();
        List<Event> quiet = readAll(node, List.of(B), written.getFirst().at(), incomplete);
        assertThat(incomplete).containsExactly(false);
        assertThat(quiet).hasSize(399);
        Page busy = get(
                node.broker().log().read(tenant, List.of(A), written.getFirst().at(), 1));
        assertThat(busy.incomplete()).isTrue();
        assertThat(readAll(node, List.of(A), Position.NONE, new HashSet<>()).size())
                .isBetween(1_000, 1_100);
        assertThat(raw().xlen(key("log", ""))).isLessThan(1_500);
        assertNothingIsHidden(node, written, List.of(List.of(), List.of(A), List.of(B), List.of(A, B)), new Random(8));
    }

    @Test
    void expired_idle_scope_is_incomplete() {
        RecordingNode node = node(keeping(1_000, Duration.ofSeconds(1)));
        Position before = broadcast(node, "0", A).at();
        broadcast(node, "in the idle scope", B);
        await().until(() -> {
            broadcast(node, "x", A);
            return raw().exists(key("index", B.text()), key("last", B.text())) == 0;
        });

        assertThat(get(node.broker().log().read(tenant, List.of(B), before, 10)).incomplete())
                .isTrue();
        // Repeated, also if it has expired meanwhile.
        await().untilAsserted(() -> {
            Position after = broadcast(node, "1", A).at();
            broadcast(node, "again", B);
            assertThat(get(node.broker().log().read(tenant, List.of(B), before, 10))
                            .incomplete())
                    .isTrue();
            Page page = get(node.broker().log().read(tenant, List.of(B), after, 10));
            assertThat(page.incomplete()).isFalse();
            assertThat(page.events()).hasSize(1);
        });
    }

    @Test
    void expired_log_continues_its_sequence_and_reports_missing_events() {
        RecordingNode node = node(keeping(1_000, AGE));
        Position first = broadcast(node, "0", A).at();
        Appended last = broadcast(node, "1", A);
        await().until(() -> raw().exists(key("log", "")) == 0);

        Page gone = get(node.broker().log().read(tenant, List.of(A), first, 10));
        assertThat(gone.incomplete()).isTrue();
        assertThat(get(node.broker().log().read(tenant, List.of(A), last.at(), 10))
                        .incomplete())
                .isFalse();
        assertThat(get(node.broker().log().find(IdLookup.of(tenant, last.id(), List.of(A))))
                        .getFirst()
                        .sequence())
                .isEqualTo(last.at().sequence());
        Appended next = broadcast(node, "2", A);
        assertThat(next.at().epoch()).isEqualTo(first.epoch());
        assertThat(next.at().sequence()).isEqualTo(last.at().sequence() + 1);
        assertThat(get(node.broker().log().read(tenant, List.of(), last.at(), 10))
                        .incomplete())
                .isFalse();
    }

    @Test
    void events_older_than_the_age_are_trimmed_and_younger_ones_stay() {
        RecordingNode node = node(keeping(1_000, Duration.ofSeconds(1)));
        List<Written> old = write(
                node, IntStream.range(0, 500).mapToObj(i -> event("" + i, A)).toList());
        await().until(() -> {
            broadcast(node, "young", A);
            return get(node.broker()
                            .log()
                            .read(tenant, List.of(A), old.getLast().at(), Log.MAX_PAGE))
                    .incomplete();
        });
        await().untilAsserted(() -> {
            Position last = broadcast(node, "last", A).at();
            Page kept = get(node.broker().log().read(tenant, List.of(A), Position.NONE, Log.MAX_PAGE));
            assertThat(kept.events()).noneMatch(live -> live.event().data().matches("\\d+"));
            assertThat(kept.events()).last().extracting(Live::at).isEqualTo(last);
        });
    }

    @Test
    void every_key_expires_but_meta_and_retained() {
        RecordingNode node = node("node");
        get(node.channel()
                .broadcast(Event.to(A, B)
                        .tenant(tenant)
                        .id("i")
                        .data("x")
                        .retain(true)
                        .build()));
        get(node.broker()
                .store()
                .put(new Store.Key(tenant, "kind", "k"), new byte[1], Store.ANY, Duration.ofMinutes(1)));

        List<String> keys = raw().keys(key("*", "*"));
        assertThat(keys).hasSize(14);
        assertThat(keys.stream().filter(key -> raw().pttl(key) < 0))
                .containsExactlyInAnyOrder(key("meta", ""), key("retained", ""));
    }

    @Test
    void ids_beyond_the_limit_are_removed_oldest_first() {
        RecordingNode node = node(keeping(100, FOREVER).maxLogEvents(50));
        int count = Keys.MAX_TRIMMED + 400;
        List<Event> events = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            events.add(Event.to(A).tenant(tenant).id("i" + i).data("" + i).build());
        }
        List<Written> written = new ArrayList<>();
        for (int from = 0; from < count; from += 200) {
            List<CompletionStage<Appended>> answers = events.subList(from, from + 200).stream()
                    .map(event -> node.channel().broadcast(event, Idempotency.NONE))
                    .toList();
            answers.forEach(answer -> written.add(
                    new Written(events.get(written.size()), get(answer).at())));
        }

        assertThat(raw().keys(key("places", "*"))).hasSizeBetween(Keys.MAX_TRIMMED, Keys.MAX_TRIMMED + 100);
        assertThat(raw().keys(key("scopes", "*"))).hasSizeBetween(Keys.MAX_TRIMMED, Keys.MAX_TRIMMED + 100);
        assertThat(places(node, "i0")).isEmpty();
        assertThat(places(node, "i" + (count - 1)))
                .containsExactly(written.getLast().at());
        assertThat(places(node, "i" + (count / 2)))
                .containsExactly(written.get(count / 2).at());
    }

    @Test
    void id_in_too_many_topics_is_unknown_by_a_pattern() {
        RecordingNode node = node("one");
        for (int i = 0; i < 60; i++) {
            int first = 100 * i;
            List<Scope> scopes = IntStream.range(first, first + 100)
                    .mapToObj(n -> Scope.topic("n" + n))
                    .toList();
            get(node.channel()
                    .broadcast(Event.to(scopes)
                            .tenant(tenant)
                            .id("same")
                            .data("" + i)
                            .build()));
        }

        assertThat(raw().keys(key("scopes", "*"))).hasSize(1);
        assertThat(raw().zcard(raw().keys(key("scopes", "*")).getFirst()))
                .isBetween(Log.MAX_SCOPES_PER_ID + 1L, Log.MAX_SCOPES_PER_ID + 2_000L);
        assertThat(get(node.broker().log().find(new IdLookup(tenant, "same", Set.of(), scope -> true))))
                .isEmpty();
        assertThat(get(node.broker().log().find(IdLookup.of(tenant, "same", List.of(Scope.topic("n1"))))))
                .hasSize(1);
    }

    private List<Position> places(RecordingNode node, String id) {
        return get(node.broker().log().find(IdLookup.of(tenant, id, List.of(A))));
    }

    @Test
    void retained_events_are_bounded_and_existing_ones_can_be_replaced() {
        RecordingNode node = node("node");
        raw().eval(
                        "for i = 1, tonumber(ARGV[1]) do redis.call('HSET', KEYS[1], 'topic:x' .. i, '') end",
                        io.lettuce.core.ScriptOutputType.STATUS,
                        new String[] {key("retained", "")},
                        Integer.toString(Channel.MAX_RETAINED));
        Event.Draft one = Event.to(A, B).tenant(tenant).data("x").retain(true);

        assertThatThrownBy(() -> get(node.channel().broadcast(one.build()))).isInstanceOf(OverloadedException.class);

        assertThat(get(node.broker().log().head(tenant)).sequence()).isZero();
        get(node.channel()
                .broadcast(Event.to(Scope.topic("x1"), Scope.topic("x2"))
                        .tenant(tenant)
                        .data("replaced")
                        .retain(true)
                        .build()));
    }

    @Test
    void expired_values_leave_the_index_of_their_kind() {
        RecordingNode node = node("node");
        for (int i = 0; i < 100; i++) {
            get(node.broker()
                    .store()
                    .put(
                            new Store.Key(tenant, "kind", "brief" + i),
                            new byte[1],
                            Store.ABSENT,
                            Duration.ofMillis(100)));
        }
        await().until(() -> {
            get(node.broker()
                    .store()
                    .put(new Store.Key(tenant, "kind", "lasting"), new byte[1], Store.ANY, Duration.ZERO));
            return raw().zcard(key("kind", "kind")) == 1;
        });

        assertThat(get(node.broker().store().list(tenant, "kind"))).hasSize(1);
    }
}
