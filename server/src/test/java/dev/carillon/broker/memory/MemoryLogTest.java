package dev.carillon.broker.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Idempotency;
import dev.carillon.broker.OverloadedException;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The limits of the in-memory log. */
class MemoryLogTest {
    private static final long NOW = 1_000_000_000;
    private static final Scope SHOP = Scope.topic("shop");
    private static final Scope MALLORY = Scope.topic("mallory");

    /** A few more than fit. */
    private static final int EVENTS = 1_200;

    private final MemoryLog log = new MemoryLog(Tenant.DEFAULT, BrokerOptions.of("n"), NOW);

    @Test
    void names_ids_types_and_keys_count_towards_the_byte_limit() {
        String long1 = "x".repeat(1_000);
        for (int i = 0; i < EVENTS; i++) {
            int number = i;
            List<Scope> scopes = IntStream.range(0, 60)
                    .mapToObj(s -> Scope.topic(number + "-" + s + long1))
                    .toList();
            append(Event.to(scopes).id(i + long1).type(long1).key(long1).build());
        }

        long first = log.read(List.of(), Position.NONE, 1, NOW)
                .events()
                .getFirst()
                .at()
                .sequence();
        assertThat((EVENTS - first + 1) * 63_000).isLessThanOrEqualTo(MemoryLog.MAX_BYTES);
    }

    @Test
    void retained_events_are_bounded_by_bytes() {
        String data = "x".repeat(Event.MAX_DATA_BYTES);

        assertThatThrownBy(() -> {
                    for (int i = 0; i < 200; i++) {
                        append(Event.to(Scope.topic("" + i))
                                .data(data)
                                .retain(true)
                                .build());
                    }
                })
                .isInstanceOf(OverloadedException.class)
                .hasMessageContaining("retained");
        append(Event.to(Scope.topic("0")).data("less").retain(true).build());
        append(Event.to(Scope.topic("1")).retain(true).build());
        append(Event.to(Scope.topic("next")).data(data).retain(true).build());
    }

    @Test
    void repetitions_are_recognised_whatever_is_broadcast_in_other_scopes() {
        Event order = Event.to(SHOP).id("order").data("1").build();
        append(order);
        for (int i = 0; i < MemoryIds.MAX_RECENT + 10; i++) {
            log.append(Event.to(MALLORY).build(), Idempotency.key("" + i), NOW);
        }

        assertThat(append(order).duplicate()).isTrue();
    }

    private MemoryLog.Entry append(Event event) {
        return log.append(event, Idempotency.BY_ID, NOW);
    }
}
