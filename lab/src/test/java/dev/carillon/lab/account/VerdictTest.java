package dev.carillon.lab.account;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.lab.account.Broadcast.Outcome;
import dev.carillon.lab.fleet.StreamEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The checker finds what is wrong in runs that were made up; of the good run nothing is. */
class VerdictTest {
    private static final Lane NEWS = new Lane(0, "default", List.of("topic:news"), false);
    private static final Lane SECRET = new Lane(1, "default", List.of("topic:news"), true);
    private static final Lane OTHERS = new Lane(2, "other", List.of("topic:news"), false);
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
    void a_good_run_is_clean() {
        Broadcast one = acknowledged(NEWS);
        Broadcast two = acknowledged(SECRET);
        Broadcast three = acknowledged(NEWS);
        got(OPEN, one, three);
        got(TRUSTED, one, two, three);
        got(THIRD, one, two, three);

        Verdict verdict = Verdict.of(ledger);

        assertThat(verdict.findings()).isEmpty();
        assertThat(verdict.clean()).isTrue();
        assertThat(verdict.acknowledged()).isEqualTo(3);
        assertThat(verdict.delivered()).isEqualTo(8);
        assertThat(ledger.behind()).isZero();
    }

    @Test
    void an_acknowledged_event_that_one_subscriber_never_got_is_lost_also_when_it_is_the_last() {
        Broadcast one = acknowledged(NEWS);
        Broadcast two = acknowledged(NEWS);
        got(OPEN, one, two);
        got(TRUSTED, two);
        got(THIRD, one);

        Verdict verdict = Verdict.of(ledger);

        assertThat(verdict.lost()).isEqualTo(2);
        assertThat(verdict.clean()).isFalse();
        assertThat(ledger.behind()).isEqualTo(1);
    }

    @Test
    void an_event_that_nobody_got_is_lost_for_each() {
        acknowledged(NEWS);

        assertThat(Verdict.of(ledger).lost()).isEqualTo(3);
    }

    @Test
    void an_event_without_an_answer_may_be_gone_but_not_for_some_only() {
        Broadcast nowhere = ended(NEWS, Outcome.GIVEN_UP);
        Broadcast somewhere = ended(NEWS, Outcome.GIVEN_UP);
        got(OPEN, somewhere);

        Verdict verdict = Verdict.of(ledger);

        assertThat(nowhere.seen).isFalse();
        assertThat(verdict.lost()).isZero();
        assertThat(verdict.unsignalled()).isEqualTo(2);
        assertThat(verdict.givenUp()).isEqualTo(2);
        assertThat(verdict.clean()).isFalse();
    }

    @Test
    void a_copy_is_found_wherever_it_comes() {
        Broadcast one = acknowledged(NEWS);
        Broadcast two = acknowledged(NEWS);
        got(OPEN, one, one, two);
        got(TRUSTED, one, two, one);
        got(THIRD, one, two);

        assertThat(Verdict.of(ledger).doubled()).isEqualTo(2);
    }

    @Test
    void a_copy_of_what_was_repeated_over_a_loss_of_data_is_no_fault_and_of_another_event_it_is() {
        Broadcast other = acknowledged(NEWS);
        Broadcast repeated = ledger.begin(NEWS);
        ledger.attempt(repeated);
        ledger.dataLost();
        ledger.attempt(repeated);
        ledger.end(repeated, Outcome.ACKNOWLEDGED);
        got(OPEN, other, repeated, repeated, other);
        got(TRUSTED, other, repeated);
        got(THIRD, other, repeated);

        Verdict verdict = Verdict.of(ledger);

        assertThat(verdict.repeatedOverLoss()).isEqualTo(1);
        assertThat(verdict.doubled()).isEqualTo(1);
    }

    @Test
    void numbers_that_fall_are_out_of_order_though_all_subscribers_agree() {
        Broadcast one = acknowledged(NEWS);
        Broadcast two = acknowledged(NEWS);
        for (int subscriber : List.of(OPEN, TRUSTED, THIRD)) {
            got(subscriber, two, one);
        }

        assertThat(Verdict.of(ledger).reordered()).isEqualTo(3);
    }

    @Test
    void two_lanes_in_another_order_than_others_saw_them_are_out_of_order() {
        Broadcast news = acknowledged(NEWS);
        Broadcast secret = acknowledged(SECRET);
        got(OPEN, news);
        got(TRUSTED, news, secret);
        got(THIRD, secret, news);

        Verdict verdict = Verdict.of(ledger);

        assertThat(verdict.reordered()).isEqualTo(1);
        assertThat(verdict.lost()).isZero();
    }

    @Test
    void private_events_and_those_of_another_tenant_are_read_without_right() {
        Broadcast secret = acknowledged(SECRET);
        Broadcast other = acknowledged(OTHERS);
        got(OPEN, secret);
        got(TRUSTED, secret, other);
        got(THIRD, secret);

        assertThat(Verdict.of(ledger).withoutRight()).isEqualTo(2);
    }

    @Test
    void a_private_event_is_due_to_who_asked_for_one_of_its_scopes_and_may_read_another() {
        Lane both = new Lane(0, "default", List.of("book", "user"), true);
        Lane own = new Lane(1, "default", List.of("user"), true);
        Ledger pair = new Ledger(
                "r",
                List.of(both, own),
                List.of(
                        new Subscriber("default", Set.of("book"), Set.of("user")),
                        new Subscriber("default", Set.of("book", "user"), Set.of()),
                        new Subscriber("default", Set.of("book", "user"), Set.of("of another user"))),
                clock::incrementAndGet);
        for (Lane lane : List.of(both, own)) {
            Broadcast event = pair.begin(lane);
            pair.end(event, Outcome.ACKNOWLEDGED);
            for (int without : List.of(1, 2)) {
                pair.event(without, new StreamEvent("", Ledger.TYPE, Ledger.data(event)), 0);
            }
        }

        Verdict verdict = Verdict.of(pair);

        assertThat(verdict.lost()).isEqualTo(1);
        assertThat(verdict.withoutRight()).isEqualTo(4);
        assertThat(verdict.findings()).anyMatch(f -> f.contains("subscriber 0 never got") && f.contains("0-1"));
    }

    @Test
    void an_event_that_nobody_broadcast_is_unexpected() {
        got(OPEN, new Broadcast(NEWS, 7, 0));

        assertThat(Verdict.of(ledger).unexpected()).isEqualTo(1);
        assertThat(Verdict.of(ledger).clean()).isFalse();
    }

    @Test
    void a_late_gap_covers_the_event_that_it_names_and_no_other() {
        Broadcast one = acknowledged(NEWS);
        Broadcast two = acknowledged(NEWS);
        Broadcast three = acknowledged(NEWS);
        got(OPEN, three);
        told(OPEN, "{\"reason\":\"late\",\"event\":\"r-0-2\",\"after\":\"cursor:1:1.2.3\"}");
        got(TRUSTED, one, two, three);
        got(THIRD, one, two, three);

        Verdict verdict = Verdict.of(ledger);

        assertThat(verdict.missedInGaps()).isEqualTo(1);
        assertThat(verdict.lost()).isEqualTo(1);
        assertThat(verdict.findings()).singleElement().asString().contains("subscriber 0", "event 0-1");
    }

    @Test
    void a_lost_gap_covers_what_came_after_its_cursor_and_before_it_was_told() {
        Broadcast one = acknowledged(NEWS);
        Broadcast two = acknowledged(NEWS);
        Broadcast three = acknowledged(NEWS);
        got(OPEN, three);
        told(OPEN, "{\"reason\":\"lost\",\"after\":\"cursor:1:1.2." + Long.toString(one.endedMillis + 1, 36) + "\"}");
        Broadcast four = acknowledged(NEWS);
        got(TRUSTED, one, two, three, four);
        got(THIRD, one, two, three, four);

        Verdict verdict = Verdict.of(ledger);

        assertThat(verdict.missedInGaps()).isEqualTo(1);
        assertThat(verdict.findings())
                .hasSize(2)
                .anyMatch(f -> f.contains("0-1"))
                .anyMatch(f -> f.contains("0-4"));
        assertThat(verdict.lost()).isEqualTo(2);
    }

    @Test
    void an_unknown_gap_covers_what_is_missing_where_it_stands() {
        Broadcast one = acknowledged(NEWS);
        Broadcast two = acknowledged(NEWS);
        Broadcast three = acknowledged(NEWS);
        Broadcast four = acknowledged(NEWS);
        Broadcast five = acknowledged(NEWS);
        got(OPEN, one);
        told(OPEN, "{\"reason\":\"unknown\"}");
        got(OPEN, three, five);
        got(TRUSTED, one, two, three, four, five);
        got(THIRD, one, two, three, four, five);

        Verdict verdict = Verdict.of(ledger);

        assertThat(verdict.gaps()).isEqualTo(1);
        assertThat(verdict.missedInGaps()).isEqualTo(1);
        assertThat(verdict.lost()).isEqualTo(1);
        assertThat(verdict.findings()).singleElement().asString().contains("event 0-4");
    }

    @Test
    void a_repeated_gap_covers_what_was_sent_before_the_event_that_it_names_was_answered() {
        Broadcast one = acknowledged(NEWS);
        Broadcast repeated = ledger.begin(SECRET);
        Broadcast two = acknowledged(NEWS);
        ledger.end(repeated, Outcome.ACKNOWLEDGED);
        Broadcast three = acknowledged(NEWS);
        Broadcast four = acknowledged(NEWS);
        got(OPEN, one, two, three, four);
        got(TRUSTED, one, repeated);
        told(TRUSTED, "{\"reason\":\"repeated\",\"before\":\"r-1-1\",\"after\":\"cursor:1:1.2.3\"}");
        got(TRUSTED, four);
        got(THIRD, one, two, repeated, three, four);

        Verdict verdict = Verdict.of(ledger);

        assertThat(verdict.missedInGaps()).isEqualTo(1);
        assertThat(verdict.lost()).isEqualTo(1);
        assertThat(verdict.findings()).anyMatch(f -> f.contains("event 0-3"));
    }

    @Test
    void of_an_event_that_is_lost_it_tells_where_the_subscriber_was_and_what_it_was_told() {
        Broadcast one = acknowledged(NEWS);
        came(OPEN, "n1");
        got(OPEN, one);
        ledger.closed(OPEN, System.nanoTime());
        Broadcast two = acknowledged(NEWS);
        came(OPEN, "n2");
        told(OPEN, "{\"reason\":\"late\",\"event\":\"r-0-9\"}");
        got(TRUSTED, one, two);
        got(THIRD, one, two);

        assertThat(Verdict.of(ledger).findings())
                .singleElement()
                .asString()
                .contains("event 0-2", "it had no stream", "it came to n1,", "its stream ended")
                .contains("it came to n2 after 0-1", "it was told late of r-0-9");
    }

    @Test
    void a_stream_that_does_not_tell_its_node_is_one_all_the_same() {
        ledger.opened(OPEN, System.nanoTime());
        came(OPEN, "n1");
        ledger.closed(OPEN, System.nanoTime());
        ledger.opened(OPEN, System.nanoTime());
        acknowledged(NEWS);

        assertThat(Verdict.of(ledger).findings())
                .first()
                .asString()
                .contains("it came to n1, at", "its stream ended", "it came to a node")
                .doesNotContain("it came to a node, at");
    }

    private void came(int subscriber, String node) {
        ledger.event(
                subscriber,
                new StreamEvent("", "carillon.open", "{\"context\":\"c\",\"node\":\"" + node + "\"}"),
                System.nanoTime());
    }

    private Broadcast acknowledged(Lane lane) {
        return ended(lane, Outcome.ACKNOWLEDGED);
    }

    private Broadcast ended(Lane lane, Outcome outcome) {
        Broadcast event = ledger.begin(lane);
        ledger.attempt(event);
        ledger.end(event, outcome);
        return event;
    }

    private void got(int subscriber, Broadcast... events) {
        List<Broadcast> inOrder = new ArrayList<>(List.of(events));
        inOrder.forEach(event ->
                ledger.event(subscriber, new StreamEvent("", Ledger.TYPE, Ledger.data(event)), System.nanoTime()));
    }

    private void told(int subscriber, String data) {
        ledger.event(subscriber, new StreamEvent("", "carillon.gap", data), System.nanoTime());
    }
}
