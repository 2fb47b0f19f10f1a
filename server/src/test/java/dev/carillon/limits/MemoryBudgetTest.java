package dev.carillon.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ConfigException;
import dev.carillon.base.ErrorCode;
import dev.carillon.limits.MemoryBudget.Use;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

class MemoryBudgetTest {
    private static final long CEILING = 1_000;
    private static final long A = 1;
    private static final long B = 2;
    private static final long C = 3;

    private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    private final MemoryBudget budget = new MemoryBudget(CEILING, metrics);

    @Test
    void an_address_may_have_half_and_others_have_the_rest() {
        assertThat(budget.charge(A, Use.INTERESTS, 500)).isTrue();
        assertThat(budget.charge(A, Use.REQUESTS, 1)).isFalse();
        assertThat(budget.charge(B, Use.REQUESTS, 500)).isTrue();

        assertThat(refused("requests", "address")).isEqualTo(1);
        assertThat(metrics.get("carillon.memory.used")
                        .tag("use", "interests")
                        .gauge()
                        .value())
                .isEqualTo(500);
    }

    @Test
    void the_ceiling_refuses_every_address_and_what_has_none() {
        budget.require(A, Use.INTERESTS, 500);
        budget.require(B, Use.INTERESTS, 500);

        assertThat(budget.charge(C, Use.RESPONSES, 1)).isFalse();
        assertThat(budget.charge(MemoryBudget.NO_ADDRESS, Use.RESPONSES, 1)).isFalse();
        assertThat(refused("responses", "node")).isEqualTo(2);
        assertThat(budget.addresses()).isEqualTo(2);
    }

    @Test
    void the_bound_that_refuses_names_itself() {
        code(A, 501, ErrorCode.TOO_MANY_REQUESTS);
        code(MemoryBudget.NO_ADDRESS, 1_001, ErrorCode.OVERLOADED);
    }

    private void code(long address, long bytes, ErrorCode expected) {
        assertThatThrownBy(() -> budget.require(address, Use.REPLAY, bytes))
                .asInstanceOf(InstanceOfAssertFactories.type(CarillonException.class))
                .extracting(CarillonException::code)
                .isEqualTo(expected);
    }

    @Test
    void charge_closed_again_is_released_once_and_accepts_no_more_bytes() {
        MemoryBudget.Charge other = budget.open(A, Use.OUTBOXES);
        assertThat(other.set(100)).isTrue();
        MemoryBudget.Charge charge = budget.open(A, Use.OUTBOXES);
        assertThat(charge.set(300)).isTrue();
        assertThat(charge.set(401)).isFalse();
        assertThat(charge.set(200)).isTrue();
        assertThat(budget.used()).isEqualTo(300);

        charge.close();
        charge.close();

        assertThat(charge.set(1)).isFalse();
        assertThat(budget.used()).isEqualTo(100);
        other.close();
        assertThat(budget.used()).isZero();
        assertThat(budget.addresses()).isZero();
    }

    @Test
    void shared_charge_counts_beyond_the_ceiling_until_it_is_released() {
        assertThat(budget.chargeShared(Use.OUTBOXES, 1_000)).isTrue();
        assertThat(budget.chargeShared(Use.OUTBOXES, 1)).isFalse();
        assertThat(budget.charge(A, Use.INTERESTS, 1)).isFalse();

        budget.release(MemoryBudget.NO_ADDRESS, Use.OUTBOXES, 1_001);

        assertThat(budget.used()).isZero();
        assertThat(budget.charge(A, Use.INTERESTS, 1)).isTrue();
    }

    @Test
    void threads_that_charge_at_once_never_exceed_a_bound_and_leave_nothing() throws InterruptedException {
        AtomicInteger above = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            long address = t % 3;
            threads.add(Thread.ofPlatform().start(() -> {
                RandomGenerator random = RandomGenerator.of("L64X128MixRandom");
                for (int i = 0; i < 20_000; i++) {
                    MemoryBudget.Charge charge = budget.open(address, Use.REPLAY);
                    boolean _ = charge.set(random.nextInt(400));
                    boolean _ = charge.set(random.nextInt(400));
                    if (budget.used() > CEILING) {
                        above.incrementAndGet();
                    }
                    charge.close();
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(above).hasValue(0);
        assertThat(budget.used()).isZero();
        assertThat(budget.addresses()).isZero();
    }

    @Test
    void a_size_is_a_percentage_or_a_number_of_bytes_that_fits() {
        long heap = 100L * 1024 * 1024;
        assertThat(BudgetSize.parse("memory-budget", "50%", heap)).isEqualTo(heap / 2);
        assertThat(BudgetSize.parse("memory-budget", "8388608", heap)).isEqualTo(8_388_608);
        for (String bad : List.of("81%", "0%", "-1", "1", "90000000", "50 %", "half", "999999999999999%")) {
            assertThatThrownBy(() -> BudgetSize.parse("memory-budget", bad, heap))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("memory-budget")
                    .hasMessageContaining("must be a percentage");
        }
    }

    private double refused(String use, String bound) {
        return metrics.get("carillon.memory.refused")
                .tags("use", use, "bound", bound)
                .counter()
                .count();
    }
}
