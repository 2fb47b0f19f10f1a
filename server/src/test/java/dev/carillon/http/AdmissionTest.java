package dev.carillon.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.Platform;
import dev.carillon.edge.Descriptors;
import dev.carillon.edge.Networks;
import dev.carillon.limits.MemoryBudget;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class AdmissionTest {
    private static final int REQUESTS = 100_000;

    private final AtomicInteger lookups = new AtomicInteger();
    private boolean known;

    private Admission admission(int requestsPerAddress) {
        Duration time = Duration.ofSeconds(10);
        return new Admission(
                new Limits(0, 0, 0, requestsPerAddress, 1, 0, time, time, time, time),
                Networks.NONE,
                new Admission.Paths(
                        path -> false,
                        Set.of(),
                        exchange -> {
                            lookups.incrementAndGet();
                            return known;
                        },
                        (exchange, first) -> {},
                        exchange -> false),
                MemoryBudget.unlimited(),
                new CompositeMeterRegistry(),
                Platform.system(),
                new Descriptors(Long.MAX_VALUE, () -> 0));
    }

    private static HttpServerExchange request() {
        HttpServerExchange exchange = new HttpServerExchange(null);
        exchange.getRequestHeaders().put(Headers.AUTHORIZATION, "Bearer x.y.z");
        return exchange;
    }

    @Test
    void tokens_of_an_address_with_many_unknown_tokens_are_not_looked_up() {
        Admission admission = admission(10_000);
        HttpServerExchange request = request();

        for (int i = 0; i < REQUESTS; i++) {
            assertThat(admission.isUncounted(request, 1)).isFalse();
        }

        assertThat(lookups.get()).isBetween(AddressLimits.BURST_SECONDS, REQUESTS / 2);
        known = true;
        assertThat(admission.isUncounted(request, 2)).as("of another address").isTrue();
    }

    @Test
    void valid_tokens_are_looked_up_each_time() {
        known = true;
        Admission admission = admission(10_000);
        HttpServerExchange request = request();

        for (int i = 0; i < REQUESTS; i++) {
            assertThat(admission.isUncounted(request, 1)).isTrue();
        }

        assertThat(lookups.get()).isEqualTo(REQUESTS);
    }
}
