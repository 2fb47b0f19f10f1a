package dev.carillon.lab.account;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.lab.account.Broadcast.Outcome;
import dev.carillon.lab.fleet.StreamEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The checker finds every kind of violation in made-up runs, and none in a correct one. */
class VerdictTest {
    private static final EventSequence NEWS = new EventSequence(0, "default", List.of("topic:news"), false);
    private static final EventSequence SECRET = new EventSequence(1, "default", List.of("topic:news"), true);
    private static final EventSequence OTHERS = new EventSequence(2, "other", List.of("topic:news"), false);
    private static final int OPEN = 0;
    private static final int TRUSTED = 1;
    private static final int THIRD = 2;

    private final AtomicLong clock = new AtomicLong(1_000_000);
    private final Ledger ledger = new Ledger(
            "r",
            List.of(NEWS, SECRET, OTHERS),
            List.of(
                    new Subscriber("default", Set.of("topic:news"), Set.of()),
                    new Subscriber("default", Set.of("topic:news"), Set.of("topic:news")),
                    new Subscriber("default", Set.of("topic:news"), Set.of("topic:news"))),
            clock::incrementAndGet);

    @Test
    void a_correct_run_is_clean() {
        Broadcast one = acknowledged(NEWS);
        Broadcast two = acknowledged(SECRET);
        Broadcast three = acknowledged(NEWS);
        received(OPEN, one, three);
        received(TRUSTED, one, two, three);
        received(THIRD, one, two, three);

        Verdict verdict = Verdict.of(ledger);

        assertThat(verdict.findings()).isEmpty();
        assertThat(verdict.clean()).isTrue();
        assertThat(verdict.acknowledged()).isEqualTo(3);
        assertThat(verdict.delivered()).isEqualTo(8);
        assertThat(ledger.incomplete()).isZero();
    }

    @Test
    void an_acknowledged_event_that_a_subscriber_did_not_receive_is_lost_even_if_it_is_the_last() {
        Broadcast one = acknowledged(NEWS);
        Broadcast two = acknowledged(NEWS);
        received(OPEN, one, two);
        received(TRUSTED, two);
        received(THIRD, one);

        Verdict verdict = Verdict.of(ledger);

        assertThat(verdict.lost()).isEqualTo(2);
        assertThat(verdict.clean()).isFalse();
        assertThat(ledger.incomplete()).isEqualTo(1);
    }

    @Test
    void an_event_that_a_loaded_state_has_is_not_missing_unless_the_stream_before_had_skipped_it() {
        Broadcast one = acknowledged(NEWS);
        Broadcast two = acknowledged(NEWS);
        ledger.positioned(OPEN, 0);
        Broadcast three = acknowledged(NEWS);
        received(OPEN, three);
        received(TRUSTED, one, three);
        ledger.positioned(TRUSTED, 0);
        received(THIRD, one, two, three);

        Verdict verdict = Verdict.of(ledger);

        assertThat(verdict.lost()).isEqualTo(1);
        assertThat(verdict.findings()).singleElement().asString().contains("subscriber 1 ");
        assertThat(ledger.incomplete()).isZero();
    }

    @Test
    void an_event_without_any_delivery_is_lost_for_each_subscriber() {
        acknowledged(NEWS);

        assertThat(Verdict.of(ledger).lost()).isEqualTo(3);
    }

    @Test
    void an_unacknowledged_event_may_be_missing_for_all_subscribers_but_not_for_some() {
        Broadcast nowhere = ended(NEWS, Outcome.GIVEN_UP);
        Broadcast somewhere = ended(NEWS, Outcome.GIVEN_UP);
        received(OPEN, somewhere);

        Verdict verdict = Verdict.of(ledger);

        assertThat(nowhere.received).isFalse();
        assertThat(verdict.lost()).isZero();
        assertThat(verdict.unsignalled()).isEqualTo(2);
        assertThat(verdict.givenUp()).isEqualTo(2);
        assertThat(verdict.clean()).isFalse();
    }

    @Test
    void a_duplicate_is_found_in_any_position() {
        Broadcast one = acknowledged(NEWS);
        Broadcast two = acknowledged(NEWS);
        received(OPEN, one, one, two);
        received(TRUSTED, one, two, one);
        received(THIRD, one, two);

        assertThat(Verdict.of(ledger).duplicates()).isEqualTo(2);
    }

    @Test
    void a_duplicate_is_allowed_only_for_an_event_that_was_retried_across_a_data_loss() {
        Broadcast other = acknowledged(NEWS);
        Broadcast repeated = ledger.begin(NEWS);
        ledger.attempt(repeated);
        ledger.dataLost();
        ledger.attempt(repeated);
        ledger.end(repeated, Outcome.ACKNOWLEDGED);
        received(OPEN, other, repeated, repeated, other);
        received(TRUSTED, other, repeated);
        received(THIRD, other, repeated);

        Verdict verdict = Verdict.of(ledger);

        assertThat(verdict.repeatedOverLoss()).isEqualTo(1);
        assertThat(verdict.duplicates()).isEqualTo(1);
    }

    @Test
    void descending_numbers_are_out_of_order_even_if_all_subscribers_agree() {
        Broadcast one = acknowledged(NEWS);
        Broadcast two = acknowledged(NEWS);
        for (int subscriber : List.of(OPEN, TRUSTED, THIRD)) {
            received(subscriber, two, one);
        }

        assertThat(Verdict.of(ledger).reordered()).isEqualTo(3);
    }

    @Test
    void two_sequences_in_another_order_than_for_other_subscribers_are_out_of_order() {
        Broadcast news = acknowledged(NEWS);
        Broadcast secret = acknowledged(SECRET);
        received(OPEN, news);
        received(TRUSTED, news, secret);
        received(THIRD, secret, news);

        Verdict verdict = Verdict.of(ledger);

        assertThat(verdict.reordered()).isEqualTo(1);
        assertThat(verdict.lost()).isZero();
    }

    @Test
    void private_events_without_a_grant_and_events_of_another_tenant_are_unauthorized() {
        Broadcast secret = acknowledged(SECRET);
        Broadcast other = acknowledged(OTHERS);
        received(OPEN, secret);
        received(TRUSTED, secret, other);
        received(THIRD, secret);

        assertThat(Verdict.of(ledger).unauthorized()).isEqualTo(2);
    }

    @Test
    void a_private_event_is_expected_by_a_subscriber_of_one_scope_with_a_grant_for_another() {
        EventSequence both = new EventSequence(0, "default", List.of("book", "user"), true);
        EventSequence own = new EventSequence(1, "default", List.of("user"), true);
        Ledger pair = new Ledger(
                "r",
                List.of(both, own),
                List.of(
                        new Subscriber("default", Set.of("book"), Set.of("user")),
                        new Subscriber("default", Set.of("book", "user"), Set.of()),
                        new Subscriber("default", Set.of("book", "user"), Set.of("of another user"))),
                clock::incrementAndGet);
        for (EventSequence sequence : List.of(both, own)) {
            Broadcast event = pair.begin(sequence);
            pair.end(event, Outcome.ACKNOWLEDGED);
            for (int without : List.of(1, 2)) {
                pair.event(without, new StreamEvent("", Ledger.TYPE, Ledger.data(event)), 0);
            }
        }

        Verdict verdict = Verdict.of(pair);

        assertThat(verdict.lost()).isEqualTo(1);
        assertThat(verdict.unauthorized()).isEqualTo(4);
        assertThat(verdict.findings()).anyMatch(f -> f.contains("subscriber 0 did not receive") && f.contains("0-1"));
    }

    @Test
    void an_event_that_was_not_broadcast_is_unexpected() {
        received(OPEN, new Broadcast(NEWS, 7, 0));

        assertThat(Verdict.of(ledger).unexpected()).isEqualTo(1);
        assertThat(Verdict.of(ledger).clean()).isFalse();
    }

    @Test
    void a_late_gap_covers_the_event_that_it_names_and_no_other() {
        Broadcast one = acknowledged(NEWS);
        Broadcast two = acknowledged(NEWS);
        Broadcast three = acknowledged(NEWS);
        received(OPEN, three);
        gap(OPEN, "{\"reason\":\"late\",\"event\":\"r-0-2\",\"after\":\"cursor:1:1.2.3\"}");
        received(TRUSTED, one, two, three);
        received(THIRD, one, two, three);

        Verdict verdict = Verdict.of(ledger);

        assertThat(verdict.missedInGaps()).isEqualTo(1);
        assertThat(verdict.lost()).isEqualTo(1);
        assertThat(verdict.findings()).singleElement().asString().contains("subscriber 0", "event 0-1");
    }

    @Test
    void a_lost_gap_covers_events_after_its_cursor_and_before_the_gap() {
        Broadcast one = acknowledged(NEWS);
        Broadcast two = acknowledged(NEWS);
        Broadcast three = acknowledged(NEWS);
        received(OPEN, three);
        gap(OPEN, "{\"reason\":\"lost\",\"after\":\"cursor:1:1.2." + Long.toString(one.endedMillis + 1, 36) + "\"}");
        Broadcast four = acknowledged(NEWS);
        received(TRUSTED, one, two, three, four);
        received(THIRD, one, two, three, four);

        Verdict verdict = Verdict.of(ledger);

        assertThat(verdict.missedInGaps()).isEqualTo(1);
        assertThat(verdict.findings())
                .hasSize(2)
                .anyMatch(f -> f.contains("0-1"))
                .anyMatch(f -> f.contains("0-4"));
        assertThat(verdict.lost()).isEqualTo(2);
    }

    @Test
    void a_history_gap_covers_the_whole_replay_of_its_stream() {
        Broadcast one = acknowledged(NEWS);
        received(OPEN, one);
        received(TRUSTED, one);
        Broadcast two = acknowledged(NEWS);
        Broadcast three = acknowledged(NEWS);
        Broadcast four = acknowledged(NEWS);
        String gap = "{\"reason\":\"history\",\"after\":\"cursor:1:1.2." + Long.toString(one.endedMillis, 36) + "\"}";
        gap(OPEN, gap);
        gap(TRUSTED, gap);
        received(OPEN, three);
        received(TRUSTED, three);
        // The replay of this stream ends here, so what is missing after it is another matter.
        ledger.closed(TRUSTED, System.nanoTime());
        opened(TRUSTED, "n2");
        Broadcast five = acknowledged(NEWS);
        received(OPEN, five);
        received(TRUSTED, five);
        received(THIRD, one, two, three, four, five);

        Verdict verdict = Verdict.of(ledger);

        assertThat(verdict.missedInGaps()).isEqualTo(3);
        assertThat(verdict.lost()).isEqualTo(1);
        assertThat(verdict.findings()).singleElement().asString().contains("subscriber 1", "event 0-4");
    }

    @Test
    void an_unknown_gap_covers_events_that_are_missing_at_its_position() {
        Broadcast one = acknowledged(NEWS);
        Broadcast two = acknowledged(NEWS);
        Broadcast three = acknowledged(NEWS);
        Broadcast four = acknowledged(NEWS);
        Broadcast five = acknowledged(NEWS);
        received(OPEN, one);
        gap(OPEN, "{\"reason\":\"unknown\"}");
        received(OPEN, three, five);
        received(TRUSTED, one, two, three, four, five);
        received(THIRD, one, two, three, four, five);

        Verdict verdict = Verdict.of(ledger);

        assertThat(verdict.gaps()).isEqualTo(1);
        assertThat(verdict.missedInGaps()).isEqualTo(1);
        assertThat(verdict.lost()).isEqualTo(1);
        assertThat(verdict.findings()).singleElement().asString().contains("event 0-4");
    }

    @Test
    void a_repeated_gap_covers_events_that_were_sent_before_the_named_event_was_acknowledged() {
        Broadcast one = acknowledged(NEWS);
        Broadcast repeated = ledger.begin(SECRET);
        Broadcast two = acknowledged(NEWS);
        ledger.end(repeated, Outcome.ACKNOWLEDGED);
        Broadcast three = acknowledged(NEWS);
        Broadcast four = acknowledged(NEWS);
        received(OPEN, one, two, three, four);
        received(TRUSTED, one, repeated);
        gap(TRUSTED, "{\"reason\":\"repeated\",\"before\":\"r-1-1\",\"after\":\"cursor:1:1.2.3\"}");
        received(TRUSTED, four);
        received(THIRD, one, two, repeated, three, four);

        Verdict verdict = Verdict.of(ledger);

        assertThat(verdict.missedInGaps()).isEqualTo(1);
        assertThat(verdict.lost()).isEqualTo(1);
        assertThat(verdict.findings()).anyMatch(f -> f.contains("event 0-3"));
    }

    @Test
    void finding_of_a_lost_event_describes_the_streams_and_gaps_of_the_subscriber() {
        Broadcast one = acknowledged(NEWS);
        opened(OPEN, "n1");
        received(OPEN, one);
        ledger.closed(OPEN, System.nanoTime());
        Broadcast two = acknowledged(NEWS);
        opened(OPEN, "n2");
        gap(OPEN, "{\"reason\":\"late\",\"event\":\"r-0-9\"}");
        received(TRUSTED, one, two);
        received(THIRD, one, two);

        assertThat(Verdict.of(ledger).findings())
                .singleElement()
                .asString()
                .contains("event 0-2", "subscriber has no stream", "stream opened at n1,", "stream ended")
                .contains("stream opened at n2 after event 0-1", "gap late for event r-0-9");
    }

    @Test
    void a_stream_without_the_name_of_its_node_counts() {
        ledger.opened(OPEN, System.nanoTime());
        opened(OPEN, "n1");
        ledger.closed(OPEN, System.nanoTime());
        ledger.opened(OPEN, System.nanoTime());
        acknowledged(NEWS);

        assertThat(Verdict.of(ledger).findings())
                .first()
                .asString()
                .contains("stream opened at n1, at", "stream ended", "stream opened at a node")
                .doesNotContain("stream opened at a node, at");
    }

    private void opened(int subscriber, String node) {
        ledger.event(
                subscriber,
                new StreamEvent("", "carillon.open", "{\"context\":\"c\",\"node\":\"" + node + "\"}"),
                System.nanoTime());
    }

    private Broadcast acknowledged(EventSequence sequence) {
        return ended(sequence, Outcome.ACKNOWLEDGED);
    }

    private Broadcast ended(EventSequence sequence, Outcome outcome) {
        Broadcast event = ledger.begin(sequence);
        ledger.attempt(event);
        ledger.end(event, outcome);
        return event;
    }

    private void received(int subscriber, Broadcast... events) {
        List<Broadcast> inOrder = new ArrayList<>(List.of(events));
        inOrder.forEach(event ->
                ledger.event(subscriber, new StreamEvent("", Ledger.TYPE, Ledger.data(event)), System.nanoTime()));
    }

    private void gap(int subscriber, String data) {
        ledger.event(subscriber, new StreamEvent("", "carillon.gap", data), System.nanoTime());
    }
}
