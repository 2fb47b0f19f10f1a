package dev.carillon.spring;

import static org.assertj.core.api.Assertions.assertThat;

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
        Resume resume = new Resume(new NumberedLog(), SCOPES, output);
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
        Resume resume = new Resume(new NumberedLog(), SCOPES, new SseOutput(emitter));
        resume.run("0", "0");
        List<Boolean> repeats = new ArrayList<>();
        repeats.add(resume.isRepeat(event(1)));
        repeats.add(resume.isRepeat(new FeedEvent(Optional.empty(), "message", "x", SCOPES)));
        repeats.add(resume.isRepeat(event(2)));
        repeats.add(resume.isRepeat(event(3)));

        assertThat(repeats).containsExactly(true, false, true, false);
    }
}
