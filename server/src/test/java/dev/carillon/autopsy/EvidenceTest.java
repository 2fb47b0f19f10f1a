package dev.carillon.autopsy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.auth.Grants;
import dev.carillon.base.CloseReason;
import dev.carillon.broker.Interest;
import dev.carillon.fanout.ConnectionView;
import dev.carillon.fanout.ConnectionView.Held;
import dev.carillon.fanout.DeliveryLog.Cause;
import dev.carillon.fanout.LiveFrom;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Selector;
import dev.carillon.scope.TagFilter;
import dev.carillon.scope.Tenant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The verdict about a connection follows from its memberships, its position and the exceptions. The event is at position 10. */
class EvidenceTest {
    private static final int NUMBER = 5;
    private static final Interest ORDERS = Interest.in(Tenant.DEFAULT, Scope.topic("orders"));
    private static final Interest NEWS = Interest.in(Tenant.DEFAULT, Scope.topic("news"));
    private static final Interest ANN = Interest.in(Tenant.DEFAULT, Scope.user("ann"));
    private static final Event PUBLIC = Event.to(Scope.topic("orders")).build();
    private static final Event PRIVATE =
            Event.to(Scope.topic("orders")).isPrivate(true).build();

    private final Records records = new Records(100, 0);

    /** A connection that is live in orders after position 3, and has received its events up to 20. */
    private final class View {
        private Grants grants = Grants.ANONYMOUS;
        private @Nullable TagFilter filter;
        private List<Held> held = List.of(new Held(ORDERS, from(3, 3)));
        private int more;
        private Position last = at(20);
        private @Nullable Position queuedFrom;
        private boolean opening;

        ConnectionView build() {
            return new ConnectionView(
                    NUMBER,
                    "tab",
                    grants,
                    false,
                    filter,
                    held,
                    more,
                    last,
                    queuedFrom,
                    opening,
                    "events",
                    null,
                    null,
                    60);
        }

        Verdict of(Event event) {
            return judge(event, build(), null);
        }

        Verdict closedAt(long millis) {
            return judge(PUBLIC, build(), new Records.Closed(millis, build(), CloseReason.CLIENT_LEFT));
        }
    }

    private Verdict judge(Event event, ConnectionView view, Records.@Nullable Closed closed) {
        return evidence(event, true, true).judge(view, closed).verdict();
    }

    private Evidence evidence(Event event, boolean inLog, boolean keepsHistory) {
        return new Evidence(records, new EventFacts(event, "id", at(10), 1, inLog), keepsHistory);
    }

    private static Position at(long sequence) {
        return new Position(1, sequence, 0);
    }

    private static LiveFrom from(long live, long since) {
        return new LiveFrom(at(live), Position.NONE, at(since));
    }

    private void arrived(long sequence) {
        records.arrivals.add(Tenant.DEFAULT, at(sequence), false, 1_000);
    }

    @Test
    void event_between_start_and_position_was_written() {
        arrived(10);

        assertThat(new View().of(PUBLIC)).isEqualTo(Verdict.WRITTEN);
    }

    @Test
    void event_is_written_by_position_if_nothing_is_recorded() {
        Evidence evidence = new Evidence(new Records(0, 0), new EventFacts(PUBLIC, "id", at(10), 1, true), true);

        assertThat(evidence.judge(new View().build(), null).verdict()).isEqualTo(Verdict.WRITTEN);
    }

    @Test
    void connection_in_no_scope_of_the_event_is_not_subscribed() {
        View view = new View();
        view.held = List.of(new Held(NEWS, from(3, 3)));
        assertThat(view.of(PUBLIC)).isEqualTo(Verdict.NOT_SUBSCRIBED);

        view.more = 1;
        assertThat(view.of(PUBLIC)).isEqualTo(Verdict.UNKNOWN);
    }

    @Test
    void private_event_needs_a_grant_or_a_personal_scope() {
        View view = new View();
        assertThat(view.of(PRIVATE)).isEqualTo(Verdict.NOT_GRANTED);

        view.grants = new Grants(Tenant.DEFAULT, "ann", List.of(new Selector("topic:orders")), List.of(), null);
        assertThat(view.of(PRIVATE)).isEqualTo(Verdict.WRITTEN);
        Event others = Event.to(Scope.topic("orders")).readers(List.of("ben")).build();
        assertThat(view.of(others)).isEqualTo(Verdict.NOT_GRANTED);

        View own = new View();
        own.held = List.of(new Held(ANN, from(3, 3)));
        assertThat(own.of(Event.to(Scope.user("ann")).build())).isEqualTo(Verdict.WRITTEN);
    }

    @Test
    void tag_filter_applies_to_topics_and_not_to_users() {
        View view = new View();
        view.filter = TagFilter.parse(List.of("region:eu"));
        assertThat(view.of(PUBLIC)).isEqualTo(Verdict.FILTERED);
        assertThat(view.of(Event.to(Scope.topic("orders"))
                        .tags(Map.of("region", "eu"))
                        .build()))
                .isEqualTo(Verdict.WRITTEN);

        view.held = List.of(new Held(ANN, from(3, 3)));
        assertThat(view.of(Event.to(Scope.user("ann")).build())).isEqualTo(Verdict.WRITTEN);
    }

    @Test
    void event_before_the_start_of_a_new_subscriber_came_too_early() {
        View view = new View();
        view.held = List.of(new Held(ORDERS, from(15, 15)));
        assertThat(view.of(PUBLIC)).isEqualTo(Verdict.SUBSCRIBED_LATER);
        Event retained = Event.to(Scope.topic("orders")).retain(true).build();
        assertThat(evidence(retained, true, true).judge(view.build(), null).note())
                .contains("retained");

        records.gaps.add(new Records.Gap(1, NUMBER, "unknown", null));
        assertThat(view.of(PUBLIC)).isEqualTo(Verdict.GAP_TOLD);
    }

    @Test
    void event_that_a_client_came_back_for_was_replayed_if_there_is_a_history() {
        View view = new View();
        view.held = List.of(new Held(ORDERS, from(15, 5)));
        assertThat(view.of(PUBLIC)).isEqualTo(Verdict.REPLAYED);
        assertThat(evidence(PUBLIC, true, false).judge(view.build(), null).verdict())
                .isEqualTo(Verdict.NO_HISTORY);

        records.gaps.add(new Records.Gap(1, NUMBER, "history", at(5)));
        assertThat(view.of(PUBLIC)).isEqualTo(Verdict.REPLAYED);
        Evidence.Finding trimmed = evidence(PUBLIC, false, true).judge(view.build(), null);
        assertThat(trimmed.verdict()).isEqualTo(Verdict.GAP_TOLD);
        assertThat(trimmed.note()).contains("history");
    }

    @Test
    void exceptions_are_those_of_the_connection_and_the_event() {
        records.leftOut.add(NUMBER, at(10), Cause.OUTBOX_FULL, 77);
        Evidence.Finding finding = evidence(PUBLIC, true, true).judge(new View().build(), null);
        assertThat(finding.verdict()).isEqualTo(Verdict.DROPPED);
        assertThat(finding.atMillis()).isEqualTo(77);

        Records others = new Records(10, 0);
        others.leftOut.add(NUMBER, at(11), Cause.OUTBOX_FULL, 1);
        others.leftOut.add(NUMBER + 1, at(10), Cause.OUTBOX_FULL, 1);
        assertThat(new Evidence(others, new EventFacts(PUBLIC, "id", at(10), 1, true), true)
                        .judge(new View().build(), null)
                        .verdict())
                .isEqualTo(Verdict.WRITTEN);
    }

    @Test
    void replaced_and_late_events_have_verdicts_of_their_own() {
        records.leftOut.add(NUMBER, at(10), Cause.REPLACED, 1);
        assertThat(new View().of(PUBLIC)).isEqualTo(Verdict.REPLACED);

        records.leftOut.add(NUMBER, at(10), Cause.LATE, 2);
        assertThat(new View().of(PUBLIC)).isEqualTo(Verdict.GAP_TOLD);
    }

    @Test
    void event_waits_in_the_outbox_or_is_lost_with_it() {
        View view = new View();
        view.queuedFrom = at(10);
        assertThat(view.of(PUBLIC)).isEqualTo(Verdict.QUEUED);
        assertThat(view.closedAt(1)).isEqualTo(Verdict.LOST_WITH_CONNECTION);

        view.queuedFrom = at(11);
        assertThat(view.of(PUBLIC)).isEqualTo(Verdict.WRITTEN);
        assertThat(view.closedAt(1)).isEqualTo(Verdict.WRITTEN);
    }

    @Test
    void event_is_buffered_while_a_connection_opens() {
        View view = new View();
        view.opening = true;
        view.last = at(4);
        view.queuedFrom = at(9);
        assertThat(view.of(PUBLIC)).isEqualTo(Verdict.QUEUED);

        view.held = List.of(new Held(ORDERS, null));
        assertThat(view.of(PUBLIC)).isEqualTo(Verdict.PENDING);
    }

    @Test
    void event_that_has_not_reached_the_node_is_not_there_yet() {
        View view = new View();
        view.last = at(9);
        assertThat(view.of(PUBLIC)).isEqualTo(Verdict.NOT_YET);

        arrived(9);
        arrived(20);
        assertThat(new View().of(PUBLIC)).isEqualTo(Verdict.NOT_YET);
    }

    @Test
    void loss_that_the_clients_of_the_node_were_told_is_a_gap() {
        arrived(9);
        arrived(20);
        records.lost.add(new Records.Lost(1, Tenant.DEFAULT, List.of(ORDERS), at(9), "lost"));

        Evidence.Finding finding = evidence(PUBLIC, true, true).judge(new View().build(), null);

        assertThat(finding.verdict()).isEqualTo(Verdict.GAP_TOLD);
        assertThat(finding.note()).contains("lost");
        arrived(10);
        assertThat(new View().of(PUBLIC)).isEqualTo(Verdict.WRITTEN);
    }

    @Test
    void connection_that_closed_before_the_event_was_not_connected() {
        View view = new View();
        view.last = at(9);
        assertThat(view.closedAt(999)).isEqualTo(Verdict.NOT_CONNECTED);

        arrived(10);
        assertThat(view.closedAt(999)).isEqualTo(Verdict.NOT_CONNECTED);
        assertThat(view.closedAt(1_001)).isEqualTo(Verdict.LOST_WITH_CONNECTION);
    }

    @Test
    void connection_that_left_the_scope_has_what_came_before() {
        View view = new View();
        view.held = List.of(new Held(NEWS, from(3, 3)));
        View before = new View();
        before.last = at(12);
        records.left.add(new Records.Left(1, before.build()));
        assertThat(view.of(PUBLIC)).isEqualTo(Verdict.WRITTEN);

        Records sooner = new Records(10, 0);
        before.last = at(8);
        sooner.left.add(new Records.Left(1, before.build()));
        assertThat(new Evidence(sooner, new EventFacts(PUBLIC, "id", at(10), 1, true), true)
                        .judge(view.build(), null)
                        .verdict())
                .isEqualTo(Verdict.UNSUBSCRIBED);
    }

    @Test
    void best_membership_decides() {
        View view = new View();
        view.held = List.of(new Held(ORDERS, from(15, 15)), new Held(NEWS, from(3, 3)));
        Event both = Event.to(Scope.topic("orders"), Scope.topic("news")).build();

        assertThat(view.of(both)).isEqualTo(Verdict.WRITTEN);
    }
}
