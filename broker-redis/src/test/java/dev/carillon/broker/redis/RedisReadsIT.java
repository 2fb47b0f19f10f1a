package dev.carillon.broker.redis;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.broker.Appended;
import dev.carillon.broker.IdLookup;
import dev.carillon.broker.Live;
import dev.carillon.broker.Log;
import dev.carillon.broker.Page;
import dev.carillon.broker.PatientOptions;
import dev.carillon.broker.RecordingNode;
import dev.carillon.broker.Snapshot;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Redis runs one script at a time: no read may delay the broadcasts of others, however large it is. */
class RedisReadsIT extends RedisFixture {
    /** Maximum number of commands of one kind per call, at about ten microseconds each. */
    private static final int MOST_COMMANDS = 100;

    private static final int RETAINED_FIELDS = 300;

    private static List<Scope> topics(int count) {
        return IntStream.range(0, count).mapToObj(i -> Scope.topic("t" + i)).toList();
    }

    private List<Appended> broadcast(RecordingNode node, List<Event> events) {
        List<CompletionStage<Appended>> answers =
                events.stream().map(node.channel()::broadcast).toList();
        return answers.stream().map(RecordingNode::get).toList();
    }

    private int calls(String command) {
        Matcher matcher =
                Pattern.compile("cmdstat_" + command + ":calls=(\\d+)").matcher(raw().info("commandstats"));
        return matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
    }

    private void assertShortCalls(String command, int atLeast) {
        int commands = calls(command);
        assertThat(commands).as(command).isGreaterThanOrEqualTo(atLeast);
        assertThat(calls("evalsha")).as("calls for %d %s", commands, command).isGreaterThan(commands / MOST_COMMANDS);
    }

    @Test
    void large_page_of_many_scopes_takes_many_short_calls() {
        RecordingNode node = node("one");
        List<Scope> scopes = topics(100);
        List<Event> events = IntStream.range(0, 1_000)
                .mapToObj(i -> event("" + i, scopes.get(i % 100)))
                .toList();
        broadcast(node, events);
        raw().configResetstat();

        Page page = get(node.broker().log().read(tenant, scopes, Position.NONE, Log.MAX_PAGE));

        assertThat(page.events().stream().map(Live::event).toList()).isEqualTo(events);
        assertThat(page.more()).isFalse();
        assertThat(page.incomplete()).isFalse();
        assertShortCalls("xrange", 1_100);
    }

    @Test
    void page_of_a_whole_tenant_takes_many_short_calls() {
        RecordingNode node = node("one");
        List<Event> events =
                IntStream.range(0, 1_001).mapToObj(i -> event("" + i, A)).toList();
        List<Appended> answers = broadcast(node, events);
        raw().configResetstat();

        Page page = get(node.broker().log().read(tenant, List.of(), Position.NONE, Log.MAX_PAGE));

        assertThat(page.events().stream().map(Live::event).toList()).isEqualTo(events.subList(0, 1_000));
        assertThat(page.more()).isTrue();
        assertThat(page.last()).isEqualByComparingTo(answers.get(999).at());
        assertThat(calls("evalsha")).isGreaterThan(1_000 / MOST_COMMANDS);
    }

    @Test
    void id_is_looked_up_among_many_scopes_in_short_calls() {
        RecordingNode node = node("one");
        List<Scope> scopes = topics(1_000);
        Appended first = get(node.channel()
                .broadcast(Event.to(scopes.get(900))
                        .tenant(tenant)
                        .id("mine")
                        .data("1")
                        .build()));
        Appended second = get(node.channel()
                .broadcast(Event.to(scopes.get(3))
                        .tenant(tenant)
                        .id("mine")
                        .data("2")
                        .build()));
        raw().configResetstat();

        assertThat(get(node.broker().log().find(IdLookup.of(tenant, "mine", scopes))).stream()
                        .map(Position::sequence)
                        .toList())
                .containsExactly(first.at().sequence(), second.at().sequence());
        assertShortCalls("zrange", 2_000);
        raw().configResetstat();
        assertThat(get(node.broker().log().find(IdLookup.of(tenant, "made up", scopes))))
                .isEmpty();
        assertThat(calls("zrange")).isZero();
    }

    @Test
    void snapshot_of_many_scopes_has_the_retained_events_of_all_up_to_its_head() {
        RecordingNode node = node("one");
        List<Scope> scopes = topics(2_000);
        List<Event> events = new ArrayList<>();
        for (int i = 0; i < scopes.size(); i += 100) {
            events.add(Event.to(scopes.subList(i, i + 100))
                    .tenant(tenant)
                    .retain(true)
                    .data("" + i)
                    .build());
        }
        List<Appended> answers = broadcast(node, events);
        raw().configResetstat();

        Snapshot snapshot = get(node.channel().snapshot(tenant, scopes));

        assertThat(snapshot.head()).isEqualByComparingTo(answers.getLast().at());
        assertThat(snapshot.retained().stream().map(Live::event).toList()).isEqualTo(events);
        assertThat(calls("evalsha")).isGreaterThan(scopes.size() / RETAINED_FIELDS);
    }

    @Test
    void page_read_during_appends_and_trimming_hides_no_gap() {
        RecordingNode node = node(PatientOptions.of("one").maxLogEvents(400));
        RecordingNode reader = node("two");
        List<Scope> scopes = topics(40);
        Random random = new Random(11);
        List<Event> events = IntStream.range(0, 6_000)
                .mapToObj(i -> event("" + i, scopes.get(random.nextInt(40))))
                .toList();
        List<Appended> answers = new ArrayList<>(broadcast(node, events.subList(0, 500)));
        AtomicInteger appended = new AtomicInteger(500);
        CompletableFuture<Void> writing = CompletableFuture.runAsync(
                () -> {
                    for (int from = 500; from < events.size(); from += 50) {
                        answers.addAll(broadcast(node, events.subList(from, from + 50)));
                        appended.set(from + 50);
                    }
                },
                Thread::startVirtualThread);

        record Read(int after, List<Scope> scopes, Page page) {}
        List<Read> reads = new ArrayList<>();
        while (!writing.isDone()) {
            List<Scope> some = reads.size() % 3 == 2 ? List.of() : scopes.subList(0, 35);
            int after = Math.max(0, appended.get() - 1 - random.nextInt(450));
            Position at = new Position(answers.getFirst().at().epoch(), after + 1L, 0);
            reads.add(new Read(after, some, get(reader.broker().log().read(tenant, some, at, 60))));
        }
        get(writing);

        int complete = 0;
        for (Read read : reads) {
            int end = (int) read.page().last().sequence();
            List<String> had = read.page().events().stream()
                    .map(live -> live.event().data())
                    .toList();
            List<String> expected = events.subList(read.after() + 1, Math.max(read.after() + 1, end)).stream()
                    .filter(e -> read.scopes().isEmpty() || read.scopes().containsAll(e.scopes()))
                    .map(Event::data)
                    .toList();
            if (!read.page().incomplete()) {
                complete++;
                assertThat(had).as("after %d to %d", read.after(), end).isEqualTo(expected);
            } else if (!had.isEmpty()) {
                assertThat(expected).containsSubsequence(had);
            }
        }
        assertThat(complete).isPositive();
    }
}
