package dev.carillon.feed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.broker.Chain;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Link;
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

/** Healing, step by step, where a real broker is too quick to be caught in the middle. */
class TenantFeedTest {
    private static final Scope SCOPE = Scope.topic("a");
    private static final Chain CHAIN = new Chain(Tenant.DEFAULT, "a");
    private static final Chain OTHER = new Chain(Tenant.DEFAULT, "b");

    private final List<String> delivered = new ArrayList<>();
    private final List<String> late = new ArrayList<>();
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
                }
            },
            event -> Set.of(event.scopes().contains(SCOPE) ? CHAIN : OTHER));

    @Test
    void live_events_wait_while_the_log_is_read_and_follow_what_it_has() {
        feed.begin(List.of(CHAIN), Map.of());
        assertThat(take(1)).isEqualTo(TenantFeed.Next.NOTHING);
        assertThat(take(3)).isEqualTo(TenantFeed.Next.HEAL);
        assertThat(take(4)).isEqualTo(TenantFeed.Next.NOTHING);
        Position from = from();
        assertThat(from).isEqualTo(at(1));
        take(5);
        assertThat(delivered).containsExactly("1");

        assertThat(heal(from, page(2, 3, true))).isTrue();
        assertThat(delivered).containsExactly("1", "2", "3");
        assertThat(heal(from(), page(4, 4, false))).isFalse();

        assertThat(delivered).containsExactly("1", "2", "3", "4", "5");
        assertThat(feed.healsFrom()).isNull();
        assertThat(lost).isZero();
    }

    @Test
    void more_live_events_than_may_wait_are_read_from_the_log() {
        // The last one is one too many.
        int many = 10_003;
        feed.begin(List.of(CHAIN), Map.of());
        take(1);
        take(3);
        Position from = from();
        IntStream.rangeClosed(4, many).forEach(this::take);

        // That reading ended before the last events came, some of which were dropped.
        assertThat(heal(from, page(2, 3, false))).isTrue();
        assertThat(heal(from(), page(4, many, false))).isFalse();

        assertThat(delivered)
                .isEqualTo(IntStream.rangeClosed(1, many)
                        .mapToObj(Integer::toString)
                        .toList());
        assertThat(lost).isZero();
    }

    @Test
    void a_second_hole_among_those_that_waited_is_healed_as_well() {
        feed.begin(List.of(CHAIN), Map.of());
        take(1);
        take(3);
        take(6);
        assertThat(heal(from(), page(2, 3, false))).isTrue();
        assertThat(feed.healsFrom()).isEqualTo(at(3));
        assertThat(heal(from(), page(4, 6, false))).isFalse();

        assertThat(delivered).containsExactly("1", "2", "3", "4", "5", "6");
    }

    @Test
    void a_head_that_the_log_has_no_event_for_is_told_once() {
        feed.begin(List.of(CHAIN), Map.of());
        take(1);
        assertThat(feed.compare(Map.of(CHAIN, at(2)), 0)).isTrue();
        assertThat(feed.settle(10, 5)).isEqualTo(TenantFeed.Next.HEAL);
        assertThat(heal(from(), new Page(List.of(), at(2), false, false))).isFalse();
        assertThat(lost).isEqualTo(1);

        assertThat(feed.compare(Map.of(CHAIN, at(2)), 20)).isFalse();
        assertThat(take(3)).isEqualTo(TenantFeed.Next.NOTHING);
        assertThat(delivered).containsExactly("1", "3");
        assertThat(lost).isEqualTo(1);
    }

    @Test
    void a_new_epoch_is_told_before_its_first_event_once_whatever_shows_it_first() {
        feed.begin(List.of(CHAIN), Map.of());
        assertThat(feed.seeEpoch(1)).isFalse();
        take(1);
        Live next = new Live(event(2), new Position(5, 2, 1), List.of(new Link(CHAIN, 1)));
        assertThat(feed.take(next)).isEqualTo(TenantFeed.Next.COMPARE_HEADS);
        assertThat(feed.seeEpoch(5)).isFalse();
        assertThat(feed.seeEpoch(9)).isTrue();
        take(new Position(9, 3, 1), 3);

        assertThat(delivered).containsExactly("1", "epoch", "2", "epoch", "3");
    }

    private void take(Position at, int number) {
        TenantFeed.Next _ = feed.take(new Live(event(number), at, List.of(new Link(CHAIN, number - 1))));
    }

    @Test
    void a_chain_that_one_more_interest_joins_goes_on_where_it_was_seen_last() {
        feed.begin(List.of(CHAIN), Map.of());
        take(1);

        feed.begin(List.of(CHAIN), Map.of(CHAIN, at(3)));

        assertThat(feed.compare(Map.of(CHAIN, at(3)), 0)).isTrue();
        assertThat(take(4)).isEqualTo(TenantFeed.Next.HEAL);
        assertThat(heal(from(), page(2, 4, false))).isFalse();
        assertThat(delivered).containsExactly("1", "2", "3", "4");
    }

    @Test
    void what_is_found_missing_after_a_later_event_of_another_chain_went_out_is_late() {
        feed.begin(List.of(CHAIN, OTHER), Map.of());
        take(1);
        takeOther(3);
        assertThat(take(4, 2)).isEqualTo(TenantFeed.Next.HEAL);
        assertThat(heal(from(), page(2, 2, false))).isFalse();

        assertThat(delivered).containsExactly("1", "3", "4");
        assertThat(late).containsExactly("2");
        assertThat(lost).isZero();
    }

    @Test
    void from_a_doubt_on_live_events_of_every_chain_wait_for_what_heads_show_to_be_missing() {
        feed.begin(List.of(CHAIN, OTHER), Map.of(OTHER, at(1)));
        take(1);
        feed.doubt();
        takeOther(3);
        assertThat(feed.healsFrom()).isNull();
        assertThat(delivered).containsExactly("1");

        assertThat(feed.resolve(Map.of(CHAIN, at(2), OTHER, at(3)))).isEqualTo(TenantFeed.Next.HEAL);
        assertThat(from()).isEqualTo(at(1));
        assertThat(heal(from(), page(2, 2, false))).isFalse();

        assertThat(delivered).containsExactly("1", "2", "3");
        assertThat(late).isEmpty();
    }

    @Test
    void a_doubt_without_a_hole_reads_nothing_and_what_waited_goes_on() {
        feed.begin(List.of(CHAIN), Map.of());
        take(1);
        feed.doubt();
        take(2);

        assertThat(feed.resolve(Map.of(CHAIN, at(1)))).isEqualTo(TenantFeed.Next.NOTHING);

        assertThat(delivered).containsExactly("1", "2");
        assertThat(feed.resolve(Map.of(CHAIN, at(9)))).isEqualTo(TenantFeed.Next.NOTHING);
        assertThat(feed.healsFrom()).isNull();
    }

    @Test
    void a_doubt_during_a_healing_holds_back_its_end() {
        feed.begin(List.of(CHAIN, OTHER), Map.of(OTHER, at(1)));
        take(1);
        take(3);
        Position from = from();
        feed.doubt();
        assertThat(heal(from, page(2, 3, false))).isFalse();
        takeOther(5);
        assertThat(delivered).containsExactly("1", "2", "3");

        assertThat(feed.resolve(Map.of(CHAIN, at(4), OTHER, at(5)))).isEqualTo(TenantFeed.Next.HEAL);
        assertThat(heal(from(), page(4, 4, false))).isFalse();

        assertThat(delivered).containsExactly("1", "2", "3", "4", "5");
        assertThat(late).isEmpty();
    }

    @Test
    void live_events_do_not_wait_for_ever_for_heads_that_never_come() {
        feed.begin(List.of(CHAIN), Map.of());
        take(1);
        feed.doubt();
        take(3);
        assertThat(feed.unresolved()).isEqualTo(TenantFeed.Next.NOTHING);
        assertThat(feed.unresolved()).isEqualTo(TenantFeed.Next.NOTHING);
        assertThat(feed.unresolved()).isEqualTo(TenantFeed.Next.HEAL);
        assertThat(heal(from(), page(2, 3, false))).isFalse();

        assertThat(delivered).containsExactly("1", "2", "3");
    }

    private Position from() {
        return Objects.requireNonNull(feed.healsFrom());
    }

    private TenantFeed.Next take(int sequence) {
        return feed.take(live(sequence));
    }

    private TenantFeed.Next take(int sequence, int previous) {
        return feed.take(new Live(event(sequence), at(sequence), List.of(new Link(CHAIN, previous))));
    }

    /** The first of the other chain. */
    private void takeOther(int sequence) {
        Event event = Event.to(Scope.topic("b")).data("" + sequence).build();
        assertThat(feed.take(new Live(event, at(sequence), List.of(new Link(OTHER, 0)))))
                .isEqualTo(TenantFeed.Next.NOTHING);
    }

    private boolean heal(Position from, Page page) {
        return feed.heal(from, page, chains -> List.of(Interest.in(Tenant.DEFAULT, SCOPE)));
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

    /** With the link to the one before it. */
    private static Live live(int sequence) {
        return new Live(event(sequence), at(sequence), List.of(new Link(CHAIN, sequence - 1)));
    }

    private static Event event(int number) {
        return Event.to(SCOPE).data("" + number).build();
    }

    private static Position at(int sequence) {
        return new Position(1, sequence, 1);
    }
}
