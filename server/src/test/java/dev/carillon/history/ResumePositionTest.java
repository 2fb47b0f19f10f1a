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

/** Resolving the id of a client's last event in a log with two epochs. */
class ResumePositionTest {
    private static final long FIRST = 1_000_000_000;
    private static final long SECOND = 2_000_000_000;
    private static final Position BEGIN = new Position(SECOND, 29, SECOND);

    /** A log with given ids and two epochs. */
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
    void id_used_soon_after_the_start_of_an_epoch_may_be_from_the_previous_epoch() {
        Position at = new Position(SECOND, 31, SECOND + 100);
        log.ids.put("x", at);

        assertThat(resolve("x")).contains(new ResumePosition(at, BEGIN));
    }

    @Test
    void id_with_unknown_time_may_be_from_the_previous_epoch() {
        Position at = new Position(SECOND, 31, 0);
        log.ids.put("x", at);

        assertThat(resolve("x")).contains(new ResumePosition(at, BEGIN));
    }

    @Test
    void id_used_after_the_deduplication_window_is_certain() {
        Position at = new Position(
                SECOND, 31, SECOND + BrokerOptions.ID_WINDOW.plusMinutes(1).toMillis() + 1);
        log.ids.put("x", at);

        assertThat(resolve("x")).contains(new ResumePosition(at, null));
    }

    @Test
    void id_of_the_first_epoch_is_certain() {
        Position at = new Position(FIRST, 3, FIRST + 100);
        log.ids.put("x", at);

        assertThat(resolve("x")).contains(new ResumePosition(at, null));
    }

    @Test
    void generated_ids_and_cursors_contain_their_epoch() {
        Position at = new Position(SECOND, 31, SECOND + 100);
        log.ids.put(EventIds.of(at), at);

        assertThat(resolve(EventIds.of(at))).contains(new ResumePosition(at, null));
        assertThat(resolve(Cursor.of(at))).contains(new ResumePosition(at, null));
    }

    @Test
    void generated_id_that_a_broadcaster_gave_to_another_event_is_uncertain() {
        Position at = new Position(SECOND, 31, SECOND + 100);
        String id = EventIds.of(new Position(FIRST, 7, 0));
        log.ids.put(id, at);

        assertThat(resolve(id)).contains(new ResumePosition(at, BEGIN));
    }

    @Test
    void unknown_ids_and_invalid_cursors_have_no_position() {
        assertThat(resolve("y")).isEmpty();
        assertThat(resolve("cursor:1:garbage")).isEmpty();
    }

    private Optional<ResumePosition> resolve(String lastEventId) {
        return ResumePosition.of(
                        log,
                        new ReadFilter(Tenant.DEFAULT, Set.of(Scope.GLOBAL), List.of()),
                        event -> true,
                        lastEventId)
                .toCompletableFuture()
                .join();
    }
}
