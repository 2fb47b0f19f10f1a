package dev.carillon.feed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.broker.Chain;
import dev.carillon.broker.ChainLink;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.broker.Page;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Gap filling step by step, where a real broker is too quick to be observed between two steps. */
class TenantFeedTest {
    private static final Scope SCOPE = Scope.topic("a");
    private static final Chain CHAIN = new Chain(Tenant.DEFAULT, "a");
    private static final Chain OTHER = new Chain(Tenant.DEFAULT, "b");

    private final List<String> delivered = new ArrayList<>();
    private final List<String> late = new ArrayList<>();
    /** For each report of a loss, the events that were delivered before it. */
    private final List<List<String>> losses = new ArrayList<>();

    private int lost;
    private final TenantFeed feed = new TenantFeed(
            Tenant.DEFAULT,
            new FeedMetrics(new SimpleMeterRegistry()),
            new FeedListener() {
                @Override
                public void deliver(Live live) {
                    delivered.add(live.event().data());
                }

                @Override
                public void late(Live live) {
                    late.add(live.event().data());
                }

                @Override
                public CompletionStage<Void> settled() {
                    return CompletableFuture.completedFuture(null);
                }

                @Override
                public void mayHaveLost(Tenant tenant, Position after) {
                    delivered.add("epoch");
                }

                @Override
                public void lost(Collection<Interest> interests, Position after) {
                    lost++;
                    losses.add(List.copyOf(delivered));
                }
            },
            event -> Set.of(event.scopes().contains(SCOPE) ? CHAIN : OTHER));

    @Test
    void live_events_wait_for_the_log_and_follow_its_events() {
        feed.begin(List.of(CHAIN), Map.of());
        assertThat(receive(1)).isEqualTo(TenantFeed.Action.NONE);
        assertThat(receive(3)).isEqualTo(TenantFeed.Action.FILL_GAPS);
        assertThat(receive(4)).isEqualTo(TenantFeed.Action.NONE);
        Position from = from();
        assertThat(from).isEqualTo(at(1));
        receive(5);
        assertThat(delivered).containsExactly("1");

        assertThat(replay(from, page(2, 3, true))).isTrue();
        assertThat(delivered).containsExactly("1", "2", "3");
        assertThat(replay(from(), page(4, 4, false))).isFalse();

        assertThat(delivered).containsExactly("1", "2", "3", "4", "5");
        assertThat(feed.fillFrom()).isNull();
        assertThat(lost).isZero();
    }

    @Test
    void live_events_beyond_the_queue_are_read_from_the_log() {
        // The last event exceeds the queue by one.
        int many = 10_003;
        feed.begin(List.of(CHAIN), Map.of());
        receive(1);
        receive(3);
        Position from = from();
        IntStream.rangeClosed(4, many).forEach(this::receive);

        // That read ended before the last events arrived, some of which were dropped.
        assertThat(replay(from, page(2, 3, false))).isTrue();
        assertThat(replay(from(), page(4, many, false))).isFalse();

        assertThat(delivered)
                .isEqualTo(IntStream.rangeClosed(1, many)
                        .mapToObj(Integer::toString)
                        .toList());
        assertThat(lost).isZero();
    }

    @Test
    void second_gap_among_queued_events_is_filled_too() {
        feed.begin(List.of(CHAIN), Map.of());
        receive(1);
        receive(3);
        receive(6);
        assertThat(replay(from(), page(2, 3, false))).isTrue();
        assertThat(feed.fillFrom()).isEqualTo(at(3));
        assertThat(replay(from(), page(4, 6, false))).isFalse();

        assertThat(delivered).containsExactly("1", "2", "3", "4", "5", "6");
    }

    @Test
    void head_without_an_event_in_the_log_is_reported_once() {
        feed.begin(List.of(CHAIN), Map.of());
        receive(1);
        assertThat(feed.compare(Map.of(CHAIN, at(2)), 0)).isTrue();
        assertThat(feed.confirmSuspicions(10, 5)).isEqualTo(TenantFeed.Action.FILL_GAPS);
        assertThat(replay(from(), new Page(List.of(), at(2), false, false))).isFalse();
        assertThat(lost).isEqualTo(1);

        assertThat(feed.compare(Map.of(CHAIN, at(2)), 20)).isFalse();
        assertThat(receive(3)).isEqualTo(TenantFeed.Action.NONE);
        assertThat(delivered).containsExactly("1", "3");
        assertThat(lost).isEqualTo(1);
    }

    @Test
    void last_event_that_is_lost_while_a_gap_is_filled_is_found_although_the_log_rests() {
        feed.begin(List.of(CHAIN), Map.of());
        receive(1);
        receive(3);
        assertThat(feed.mustCompare(at(4))).isTrue();
        assertThat(feed.compare(Map.of(CHAIN, at(4)), 0)).isTrue();
        assertThat(feed.confirmSuspicions(10, 5)).isEqualTo(TenantFeed.Action.NONE);
        assertThat(replay(from(), page(2, 3, false))).isFalse();

        assertThat(feed.mustCompare(at(4))).isTrue();
        assertThat(feed.compare(Map.of(CHAIN, at(4)), 20)).isTrue();
        assertThat(feed.confirmSuspicions(30, 5)).isEqualTo(TenantFeed.Action.FILL_GAPS);
        assertThat(replay(from(), page(4, 4, false))).isFalse();

        assertThat(delivered).containsExactly("1", "2", "3", "4");
        assertThat(feed.mustCompare(at(4))).isFalse();
    }

    @Test
    void heads_that_could_not_be_compared_are_compared_at_the_next_tick() {
        feed.begin(List.of(CHAIN), Map.of());
        receive(1);
        assertThat(feed.mustCompare(at(2))).isTrue();
        assertThat(feed.mustCompare(at(2))).isFalse();

        feed.compareAgain();

        assertThat(feed.mustCompare(at(2))).isTrue();
        assertThat(feed.mustCompare(at(2))).isFalse();
    }

    @Test
    void second_head_of_a_chain_is_compared_again_when_the_first_one_is_decided() {
        feed.begin(List.of(CHAIN), Map.of());
        receive(1);
        assertThat(feed.compare(Map.of(CHAIN, at(2)), 0)).isTrue();
        assertThat(feed.mustCompare(at(3))).isTrue();
        assertThat(feed.compare(Map.of(CHAIN, at(3)), 3)).isTrue();
        receive(2);
        assertThat(feed.confirmSuspicions(10, 5)).isEqualTo(TenantFeed.Action.NONE);

        assertThat(feed.mustCompare(at(3))).isTrue();
    }

    @Test
    void new_epoch_is_reported_once_before_its_first_event() {
        feed.begin(List.of(CHAIN), Map.of());
        assertThat(feed.seeEpoch(1, 1)).isFalse();
        receive(1);
        Live next = new Live(event(2), new Position(5, 2, 1), List.of(new ChainLink(CHAIN, 1)));
        assertThat(feed.receive(next)).isEqualTo(TenantFeed.Action.COMPARE_HEADS);
        assertThat(feed.seeEpoch(5, 3)).isFalse();
        assertThat(feed.seeEpoch(9, 3)).isTrue();
        receive(new Position(9, 3, 1), 3);

        assertThat(delivered).containsExactly("1", "epoch", "2", "epoch", "3");
    }

    @Test
    void event_of_a_new_epoch_is_missing_although_its_sequence_is_lower_than_what_was_seen_of_the_epoch_before() {
        feed.begin(List.of(CHAIN, OTHER), Map.of(OTHER, at(8)));
        receive(9, 0);
        receiveOf(5, OTHER, 1, 0);
        assertThat(delivered).containsExactly("9", "epoch", "1");

        // Event 2 of the new epoch does not arrive, and 9 is the last that this chain has seen of the former one.
        assertThat(receiveOf(5, CHAIN, 3, 2)).isEqualTo(TenantFeed.Action.FILL_GAPS);
        assertThat(from()).isEqualTo(at(9));
        List<Live> log = List.of(liveOf(5, OTHER, 1, 0), liveOf(5, CHAIN, 2, 0), liveOf(5, CHAIN, 3, 2));
        assertThat(replay(from(), new Page(log, new Position(5, 3, 1), false, true)))
                .isFalse();

        assertThat(delivered).containsExactly("9", "epoch", "1", "2", "3");
        assertThat(losses).containsExactly(List.of("9", "epoch", "1"));
    }

    @Test
    void event_of_a_new_epoch_is_missing_although_its_sequence_is_the_last_that_was_seen_of_the_epoch_before() {
        feed.begin(List.of(CHAIN, OTHER), Map.of());
        receive(2, 0);
        receiveOf(5, OTHER, 1, 0);

        assertThat(receiveOf(5, CHAIN, 3, 2)).isEqualTo(TenantFeed.Action.FILL_GAPS);
    }

    @Test
    void event_that_follows_the_report_of_a_new_epoch_is_missing_although_none_of_the_epoch_was_delivered() {
        feed.begin(List.of(CHAIN), Map.of());
        receive(9, 0);
        // The tick reads a head, with event 1 of the new epoch.
        assertThat(feed.seeEpoch(5, 2)).isTrue();

        assertThat(receiveOf(5, CHAIN, 3, 2)).isEqualTo(TenantFeed.Action.FILL_GAPS);
    }

    @Test
    void event_before_the_report_of_a_new_epoch_is_covered_by_it() {
        feed.begin(List.of(CHAIN), Map.of());
        receive(9, 0);
        assertThat(feed.seeEpoch(5, 3)).isTrue();

        assertThat(receiveOf(5, CHAIN, 3, 2)).isEqualTo(TenantFeed.Action.NONE);

        assertThat(delivered).containsExactly("9", "epoch", "3");
    }

    @Test
    void event_after_the_start_of_a_stream_is_missing_in_a_chain_that_was_joined_before_the_epoch_began() {
        feed.begin(List.of(CHAIN), Map.of(CHAIN, at(4)));
        assertThat(feed.opened(new Position(5, 0, 1))).isFalse();

        assertThat(receiveOf(5, CHAIN, 2, 1)).isEqualTo(TenantFeed.Action.FILL_GAPS);
    }

    @Test
    void event_of_the_former_epoch_that_was_queued_has_no_gap() {
        feed.begin(List.of(CHAIN), Map.of());
        receive(3, 0);
        feed.suspend();
        receive(4, 3);
        assertThat(feed.seeEpoch(5, 1)).isTrue();

        assertThat(feed.resume(Map.of(CHAIN, at(3)))).isEqualTo(TenantFeed.Action.NONE);

        assertThat(delivered).containsExactly("3", "epoch", "4");
    }

    @Test
    void chain_that_continues_in_a_new_epoch_has_no_gap() {
        feed.begin(List.of(CHAIN, OTHER), Map.of(CHAIN, at(2), OTHER, at(3)));
        assertThat(feed.opened(at(9))).isFalse();
        assertThat(receiveOf(5, OTHER, 4, 3)).isEqualTo(TenantFeed.Action.COMPARE_HEADS);

        assertThat(receiveOf(5, CHAIN, 5, 2)).isEqualTo(TenantFeed.Action.NONE);

        assertThat(delivered).containsExactly("epoch", "4", "5");
    }

    @Test
    void missing_event_that_the_log_of_a_new_epoch_does_not_have_is_reported() {
        feed.begin(List.of(CHAIN, OTHER), Map.of());
        receive(9, 0);
        receiveOf(5, OTHER, 1, 0);
        receiveOf(5, CHAIN, 3, 2);
        // As at a log that has lost the event without a trace.
        assertThat(replay(from(), new Page(List.of(), new Position(5, 3, 1), false, false)))
                .isFalse();

        assertThat(lost).isEqualTo(1);
        assertThat(delivered).containsExactly("9", "epoch", "1", "3");
    }

    @Test
    void loss_is_reported_before_the_events_that_follow_it() {
        feed.begin(List.of(CHAIN), Map.of());
        receive(1);
        receive(4);
        Page rest = page(3, 4, false);
        assertThat(replay(from(), new Page(rest.events(), rest.last(), false, true)))
                .isFalse();

        assertThat(delivered).containsExactly("1", "3", "4");
        assertThat(losses).containsExactly(List.of("1"));
    }

    @Test
    void loss_is_reported_before_the_next_page_and_heads_are_waited_for() {
        feed.begin(List.of(CHAIN), Map.of());
        receive(1);
        receive(4);
        Position from = from();
        feed.suspend();
        Page rest = page(3, 4, true);
        assertThat(replay(from, new Page(rest.events(), rest.last(), true, true)))
                .isFalse();
        assertThat(losses).containsExactly(List.of("1"));

        assertThat(feed.resume(Map.of(CHAIN, at(4)))).isEqualTo(TenantFeed.Action.FILL_GAPS);
        assertThat(replay(from(), new Page(List.of(), at(4), false, false))).isFalse();
        assertThat(delivered).containsExactly("1", "3", "4");
        assertThat(lost).isEqualTo(1);
    }

    @Test
    void epoch_of_a_stream_is_known_although_no_event_of_it_arrived() {
        feed.begin(List.of(CHAIN), Map.of());
        assertThat(feed.opened(at(9))).isFalse();

        assertThat(feed.seeEpoch(2, 1)).isTrue();

        assertThat(delivered).containsExactly("epoch");
    }

    @Test
    void stream_of_an_epoch_that_has_ended_is_recognized() {
        assertThat(feed.seeEpoch(2, 1)).isFalse();

        assertThat(feed.opened(at(9))).isTrue();
        assertThat(feed.opened(new Position(2, 9, 1))).isFalse();

        assertThat(delivered).isEmpty();
    }

    private void receive(Position at, int number) {
        TenantFeed.Action _ = feed.receive(new Live(event(number), at, List.of(new ChainLink(CHAIN, number - 1))));
    }

    @Test
    void chain_joined_by_another_interest_keeps_its_position() {
        feed.begin(List.of(CHAIN), Map.of());
        receive(1);

        feed.begin(List.of(CHAIN), Map.of(CHAIN, at(3)));

        assertThat(feed.compare(Map.of(CHAIN, at(3)), 0)).isTrue();
        assertThat(receive(4)).isEqualTo(TenantFeed.Action.FILL_GAPS);
        assertThat(replay(from(), page(2, 4, false))).isFalse();
        assertThat(delivered).containsExactly("1", "2", "3", "4");
    }

    @Test
    void event_found_missing_after_a_later_delivery_is_late() {
        feed.begin(List.of(CHAIN, OTHER), Map.of());
        receive(1);
        takeOther(3);
        assertThat(receive(4, 2)).isEqualTo(TenantFeed.Action.FILL_GAPS);
        assertThat(replay(from(), page(2, 2, false))).isFalse();

        assertThat(delivered).containsExactly("1", "3", "4");
        assertThat(late).containsExactly("2");
        assertThat(lost).isZero();
    }

    @Test
    void filling_of_one_chain_does_not_hide_an_earlier_missing_event_of_another() {
        feed.begin(List.of(CHAIN, OTHER), Map.of());
        receive(1, 0);
        // Events 2 and 5 of the chain, and 4 of the other one, do not arrive.
        takeOther(3);
        assertThat(receiveOf(1, OTHER, 6, 4)).isEqualTo(TenantFeed.Action.FILL_GAPS);
        assertThat(from()).isEqualTo(at(3));
        List<Live> log = List.of(liveOf(1, OTHER, 4, 3), liveOf(1, CHAIN, 5, 2), liveOf(1, OTHER, 6, 4));
        assertThat(replay(from(), new Page(log, at(6), false, false))).isFalse();
        assertThat(delivered).containsExactly("1", "3", "4", "5", "6");

        assertThat(receive(7, 5)).isEqualTo(TenantFeed.Action.FILL_GAPS);
        assertThat(from()).isEqualTo(at(1));
        assertThat(replay(from(), page(2, 2, false))).isFalse();
        assertThat(late).containsExactly("2");
    }

    @Test
    void live_events_of_every_chain_wait_for_heads_after_a_possible_loss() {
        feed.begin(List.of(CHAIN, OTHER), Map.of(OTHER, at(1)));
        receive(1);
        feed.suspend();
        takeOther(3);
        assertThat(feed.fillFrom()).isNull();
        assertThat(delivered).containsExactly("1");

        assertThat(feed.resume(Map.of(CHAIN, at(2), OTHER, at(3)))).isEqualTo(TenantFeed.Action.FILL_GAPS);
        assertThat(from()).isEqualTo(at(1));
        assertThat(replay(from(), page(2, 2, false))).isFalse();

        assertThat(delivered).containsExactly("1", "2", "3");
        assertThat(late).isEmpty();
    }

    @Test
    void possible_loss_without_a_gap_reads_nothing_and_releases_queued_events() {
        feed.begin(List.of(CHAIN), Map.of());
        receive(1);
        feed.suspend();
        receive(2);

        assertThat(feed.resume(Map.of(CHAIN, at(1)))).isEqualTo(TenantFeed.Action.NONE);

        assertThat(delivered).containsExactly("1", "2");
        assertThat(feed.resume(Map.of(CHAIN, at(9)))).isEqualTo(TenantFeed.Action.NONE);
        assertThat(feed.fillFrom()).isNull();
    }

    @Test
    void possible_loss_during_gap_filling_delays_its_end() {
        feed.begin(List.of(CHAIN, OTHER), Map.of(OTHER, at(1)));
        receive(1);
        receive(3);
        Position from = from();
        feed.suspend();
        assertThat(replay(from, page(2, 3, false))).isFalse();
        takeOther(5);
        assertThat(delivered).containsExactly("1", "2", "3");

        assertThat(feed.resume(Map.of(CHAIN, at(4), OTHER, at(5)))).isEqualTo(TenantFeed.Action.FILL_GAPS);
        assertThat(replay(from(), page(4, 4, false))).isFalse();

        assertThat(delivered).containsExactly("1", "2", "3", "4", "5");
        assertThat(late).isEmpty();
    }

    @Test
    void live_events_continue_after_repeated_failures_of_heads() {
        feed.begin(List.of(CHAIN), Map.of());
        receive(1);
        feed.suspend();
        receive(3);
        assertThat(feed.headsFailed()).isEqualTo(TenantFeed.Action.NONE);
        assertThat(feed.headsFailed()).isEqualTo(TenantFeed.Action.NONE);
        assertThat(feed.headsFailed()).isEqualTo(TenantFeed.Action.FILL_GAPS);
        assertThat(replay(from(), page(2, 3, false))).isFalse();

        assertThat(delivered).containsExactly("1", "2", "3");
    }

    private Position from() {
        return Objects.requireNonNull(feed.fillFrom());
    }

    private TenantFeed.Action receive(int sequence) {
        return feed.receive(live(sequence));
    }

    private TenantFeed.Action receive(int sequence, int previous) {
        return feed.receive(new Live(event(sequence), at(sequence), List.of(new ChainLink(CHAIN, previous))));
    }

    private TenantFeed.Action receiveOf(long epoch, Chain chain, int sequence, int previous) {
        return feed.receive(liveOf(epoch, chain, sequence, previous));
    }

    private static Live liveOf(long epoch, Chain chain, int sequence, int previous) {
        Event event = Event.to(Scope.topic(chain.equals(CHAIN) ? "a" : "b"))
                .data("" + sequence)
                .build();
        return new Live(event, new Position(epoch, sequence, 1), List.of(new ChainLink(chain, previous)));
    }

    /** The first event of the other chain. */
    private void takeOther(int sequence) {
        Event event = Event.to(Scope.topic("b")).data("" + sequence).build();
        assertThat(feed.receive(new Live(event, at(sequence), List.of(new ChainLink(OTHER, 0)))))
                .isEqualTo(TenantFeed.Action.NONE);
    }

    private boolean replay(Position from, Page page) {
        return feed.replay(from, page, chains -> List.of(Interest.in(Tenant.DEFAULT, SCOPE)));
    }

    private static Page page(int from, int to, boolean more) {
        return new Page(
                IntStream.rangeClosed(from, to)
                        .mapToObj(i -> new Live(event(i), at(i), List.of()))
                        .toList(),
                at(to),
                more,
                false);
    }

    /** With a link to the preceding event. */
    private static Live live(int sequence) {
        return new Live(event(sequence), at(sequence), List.of(new ChainLink(CHAIN, sequence - 1)));
    }

    private static Event event(int number) {
        return Event.to(SCOPE).data("" + number).build();
    }

    private static Position at(int sequence) {
        return new Position(1, sequence, 1);
    }
}
