package dev.carillon.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Chain;
import dev.carillon.broker.Durability;
import dev.carillon.broker.Epoch;
import dev.carillon.broker.IdLookup;
import dev.carillon.broker.Interest;
import dev.carillon.broker.Log;
import dev.carillon.broker.Page;
import dev.carillon.scope.Cursor;
import dev.carillon.scope.EventIds;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** Where a client was, by the id of its last event, in a log that has begun anew once. */
class ResumePositionTest {
    private static final long FIRST = 1_000_000_000;
    private static final long SECOND = 2_000_000_000;
    private static final Position BEGIN = new Position(SECOND, 29, SECOND);

    /** Knows ids and epochs. */
    private static final class KnownLog implements Log {
        final Map<String, Position> ids = new HashMap<>();

        @Override
        public CompletionStage<List<Position>> find(IdLookup lookup) {
            Position at = ids.get(lookup.id());
            return CompletableFuture.completedFuture(at == null ? List.of() : List.of(at));
        }

        @Override
        public CompletionStage<List<Epoch>> epochs(Tenant tenant) {
            return CompletableFuture.completedFuture(
                    List.of(new Epoch(FIRST, 0, 29), new Epoch(SECOND, 29, Long.MAX_VALUE)));
        }

        @Override
        public CompletionStage<Page> read(Tenant tenant, Collection<Scope> scopes, Position after, int max) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<Position> head(Tenant tenant) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<Map<Chain, Position>> heads(Collection<Interest> interests) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Durability durability() {
            throw new UnsupportedOperationException();
        }
    }

    private final KnownLog log = new KnownLog();

    @Test
    void an_id_that_came_soon_after_an_epoch_began_may_have_come_in_the_one_before() {
        Position at = new Position(SECOND, 31, SECOND + 100);
        log.ids.put("x", at);

        assertThat(place("x")).contains(new ResumePosition(at, BEGIN));
    }

    @Test
    void an_id_whose_time_is_not_known_may_have_come_then() {
        Position at = new Position(SECOND, 31, 0);
        log.ids.put("x", at);

        assertThat(place("x")).contains(new ResumePosition(at, BEGIN));
    }

    @Test
    void an_id_that_came_when_no_repeated_one_could_is_certain() {
        Position at = new Position(
                SECOND, 31, SECOND + BrokerOptions.ID_WINDOW.plusMinutes(1).toMillis() + 1);
        log.ids.put("x", at);

        assertThat(place("x")).contains(new ResumePosition(at, null));
    }

    @Test
    void an_id_of_the_first_epoch_is_certain() {
        Position at = new Position(FIRST, 3, FIRST + 100);
        log.ids.put("x", at);

        assertThat(place("x")).contains(new ResumePosition(at, null));
    }

    @Test
    void a_generated_id_and_a_cursor_say_their_epoch_themselves() {
        Position at = new Position(SECOND, 31, SECOND + 100);
        log.ids.put(EventIds.of(at), at);

        assertThat(place(EventIds.of(at))).contains(new ResumePosition(at, null));
        assertThat(place(Cursor.of(at))).contains(new ResumePosition(at, null));
    }

    @Test
    void a_generated_id_that_a_broadcaster_gave_to_another_event_is_none() {
        Position at = new Position(SECOND, 31, SECOND + 100);
        String id = EventIds.of(new Position(FIRST, 7, 0));
        log.ids.put(id, at);

        assertThat(place(id)).contains(new ResumePosition(at, BEGIN));
    }

    @Test
    void what_the_log_does_not_know_and_what_is_no_cursor_is_no_place() {
        assertThat(place("y")).isEmpty();
        assertThat(place("cursor:1:garbage")).isEmpty();
    }

    private Optional<ResumePosition> place(String lastEventId) {
        return ResumePosition.of(
                        log,
                        new ReadFilter(Tenant.DEFAULT, Set.of(Scope.GLOBAL), List.of()),
                        event -> true,
                        lastEventId)
                .toCompletableFuture()
                .join();
    }
}
