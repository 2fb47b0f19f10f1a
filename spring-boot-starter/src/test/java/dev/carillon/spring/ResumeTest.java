package dev.carillon.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.client.FeedEvent;
import dev.carillon.client.HistoryPage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A log of numbered events, with pages of two. Positions are numbers: 0 is before the first event. */
class ResumeTest {
    private static final List<String> SCOPES = List.of("topic:a");

    private final RecordedEmitter emitter = new RecordedEmitter();
    private int end;
    /** The client leaves after this number of events. */
    private int leaves = -1;

    private final class NumberedLog implements EventSource {
        @Override
        public String join(LiveEmitter joining) {
            throw new AssertionError("not in this test");
        }

        @Override
        public HistoryPage history(List<String> scopes, String after) {
            int start = Integer.parseInt(after);
            List<FeedEvent> events = IntStream.rangeClosed(start + 1, Math.min(end, start + 2))
                    .mapToObj(ResumeTest::event)
                    .toList();
            int last = start + events.size();
            return new HistoryPage(events, "" + last, last < end, false);
        }

        @Override
        public void leave(LiveEmitter left) {}
    }

    private Resume resume(EventSource log, SseOutput output) {
        return new Resume(log, SCOPES, output, 20, () -> emitter.sent.size() == leaves);
    }

    private static FeedEvent event(int number) {
        return new FeedEvent(Optional.of("" + number), "message", "" + number, SCOPES);
    }

    /** Live events come from the position of the connection on; the client has what is before its own. */
    @ParameterizedTest
    @CsvSource({
        "5, 5, 10",
        "3, 8, 10",
        "8, 3, 10",
        "10, 10, 10",
        "3, 10, 10",
        "10, 3, 10",
        "0, 10, 10",
        "9, 10, 10",
        "0, 0, 0"
    })
    void each_event_after_the_position_of_the_client_is_written_once(int live, int client, int head) throws Exception {
        end = head;
        SseOutput output = new SseOutput(emitter);
        Resume resume = resume(new NumberedLog(), output);
        resume.run("" + live, "" + client);
        for (int i = live + 1; i <= head + 3; i++) {
            if (!resume.isRepeat(event(i))) {
                output.event(event(i));
            }
        }

        assertThat(emitter.data()).isEqualTo(numbers(client + 1, head + 3));
    }

    private static List<String> numbers(int first, int last) {
        return IntStream.rangeClosed(first, last).mapToObj(Integer::toString).toList();
    }

    @Test
    void events_without_an_id_are_written_and_do_not_end_the_search_for_repeats() throws Exception {
        end = 2;
        Resume resume = resume(new NumberedLog(), new SseOutput(emitter));
        resume.run("0", "0");
        List<Boolean> repeats = new ArrayList<>();
        repeats.add(resume.isRepeat(event(1)));
        repeats.add(resume.isRepeat(new FeedEvent(Optional.empty(), "message", "x", SCOPES)));
        repeats.add(resume.isRepeat(event(2)));
        repeats.add(resume.isRepeat(event(3)));

        assertThat(repeats).containsExactly(true, false, true, false);
    }

    /** A log of any events, which grows with each read. */
    private static final class GrowingLog implements EventSource {
        private final List<FeedEvent> events;
        private int head;
        private int growth;

        GrowingLog(List<FeedEvent> events, int head, int growth) {
            this.events = events;
            this.head = head;
            this.growth = growth;
        }

        @Override
        public String join(LiveEmitter joining) {
            throw new AssertionError("not in this test");
        }

        @Override
        public HistoryPage history(List<String> scopes, String after) {
            int start = Integer.parseInt(after);
            int last = Math.min(head, start + 3);
            HistoryPage page = new HistoryPage(events.subList(start, last), "" + last, last < head, false);
            head = Math.min(events.size(), head + growth);
            growth = Math.max(0, growth - 1);
            return page;
        }

        @Override
        public void leave(LiveEmitter left) {}
    }

    private List<String> received(GrowingLog log, int live, int client) throws Exception {
        SseOutput output = new SseOutput(emitter);
        Resume resume = resume(log, output);
        resume.run("" + live, "" + client);
        for (FeedEvent event : log.events.subList(live, log.events.size())) {
            if (!resume.isRepeat(event)) {
                output.event(event);
            }
        }
        return emitter.data();
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "4, 2", "2, 4", "6, 0", "0, 6", "6, 6"})
    void events_that_are_broadcast_meanwhile_are_written_once(int live, int client) throws Exception {
        List<FeedEvent> events =
                IntStream.rangeClosed(1, 30).mapToObj(ResumeTest::event).toList();

        assertThat(received(new GrowingLog(events, 6, 2), live, client)).isEqualTo(numbers(client + 1, 30));
    }

    private static FeedEvent named(String id, String data, String... scopes) {
        return new FeedEvent(Optional.of(id), "message", data, List.of(scopes));
    }

    @Test
    void events_with_the_same_id_in_other_topics_are_written() throws Exception {
        List<FeedEvent> events = List.of(
                named("1", "1", "topic:a"),
                named("7", "2", "topic:a", "topic:x"),
                named("7", "3", "topic:b"),
                named("7", "4", "topic:a", "topic:b"));
        GrowingLog log = new GrowingLog(events, 2, 0);
        SseOutput output = new SseOutput(emitter);
        Resume resume = new Resume(log, List.of("topic:a", "topic:b"), output, 20, () -> false);
        resume.run("0", "1");

        assertThat(events.stream().map(resume::isRepeat).toList()).containsExactly(true, true, false, false);
    }

    @Test
    void event_with_the_id_of_an_earlier_one_that_the_client_missed_is_written() throws Exception {
        List<FeedEvent> events =
                List.of(named("1", "1", "topic:a"), named("7", "first", "topic:a"), named("7", "again", "topic:a"));

        assertThat(received(new GrowingLog(events, 2, 0), 2, 1)).containsExactly("first", "again");
    }

    @Test
    void client_that_leaves_ends_the_reading() throws Exception {
        end = 10;
        leaves = 3;
        resume(new NumberedLog(), new SseOutput(emitter)).run("0", "0");

        assertThat(emitter.data()).containsExactly("1", "2", "3");
    }

    @Test
    void connection_that_is_too_far_behind_refuses_the_client() {
        end = 21;

        assertThatThrownBy(
                        () -> resume(new NumberedLog(), new SseOutput(emitter)).run("0", "21"))
                .isInstanceOf(BehindException.class)
                .hasMessageContaining("more than 20 events");
    }
}
