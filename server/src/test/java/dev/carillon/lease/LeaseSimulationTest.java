package dev.carillon.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.carillon.base.Platform;
import dev.carillon.broker.Store;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nodes whose clocks run at different rates, which are paused, and whose store answers late, loses answers, its data, and falls back to older data. */
class LeaseSimulationTest {
    private static final int NODES = 4;
    private static final int STEPS = 20_000;
    private static final Duration STEP = Duration.ofMillis(100);
    /** Within a lease clocks differ by less than its margin. */
    private static final double DRIFT = 0.05;

    private final List<Node> nodes = new ArrayList<>();
    private final List<Runnable> inFlight = new ArrayList<>();
    private final Map<Long, Integer> holders = new HashMap<>();
    private long highestFence;
    private long revision;
    private Store.@Nullable Entry entry;
    private Store.@Nullable Entry older;
    private Random random = new Random();

    private final class Node {
        private final double rate = 1 + (random.nextDouble() - 0.5) * 2 * DRIFT;
        private final int number = nodes.size();
        private double nanos = random.nextInt();
        private int paused;
        private ClusterLease lease = start("first");

        private ClusterLease start(String life) {
            Platform real = Platform.system();
            Platform platform = new Platform(
                    () -> Instant.EPOCH,
                    () -> (long) nanos,
                    real.random(),
                    real.secureRandom(),
                    real.timer(),
                    real.threads());
            return new ClusterLease(
                    new LateStore(this),
                    LeaseNode.key("x"),
                    number + "/" + life,
                    LeaseNode.TERMS,
                    platform,
                    new Silent());
        }

        private void step() {
            nanos += STEP.toNanos() * rate;
            if (paused > 0) {
                paused--;
                return;
            }
            if (random.nextInt(10) == 0) {
                CompletionStage<Void> _ = lease.tick();
            }
            switch (random.nextInt(4_000)) {
                case 0, 1, 2 -> paused = random.nextInt(150);
                case 3 -> lease = start(Long.toString(random.nextLong()));
                case 4 -> {
                    CompletionStage<Void> _ = lease.leave();
                    lease = start(Long.toString(random.nextLong()));
                }
                default -> {}
            }
        }
    }

    private record Silent() implements ClusterLease.Listener {
        @Override
        public void acquired() {}

        @Override
        public void lost() {}
    }

    /** Its requests are applied, and answered, some steps later. */
    private final class LateStore implements Store {
        private final Node node;

        LateStore(Node node) {
            this.node = node;
        }

        private <T> CompletionStage<T> later(Supplier<T> request) {
            CompletableFuture<T> answer = new CompletableFuture<>();
            inFlight.add(() -> {
                T result = request.get();
                inFlight.add(new Runnable() {
                    @Override
                    public void run() {
                        if (node.paused > 0) {
                            inFlight.add(this);
                        } else if (random.nextInt(50) == 0) {
                            answer.completeExceptionally(new IllegalStateException("the answer is lost"));
                        } else {
                            answer.complete(result);
                        }
                    }
                });
            });
            return answer;
        }

        @Override
        public CompletionStage<Optional<Entry>> get(Key key) {
            return later(() -> Optional.ofNullable(entry));
        }

        @Override
        public CompletionStage<Optional<Long>> put(Key key, byte[] value, long expected, Duration ttl) {
            return later(() -> {
                if (expected != (entry == null ? ABSENT : entry.revision())) {
                    return Optional.empty();
                }
                older = entry;
                entry = new Entry(key, value, ++revision);
                return Optional.of(revision);
            });
        }

        @Override
        public CompletionStage<Boolean> remove(Key key, long expectedRevision) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<List<Entry>> list(Tenant tenant, String kind) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<AutoCloseable> watch(Tenant tenant, String kind, Consumer<Change> listener) {
            throw new UnsupportedOperationException();
        }
    }

    /** @return how often the lease moved */
    private int simulate(long seed, boolean loses) {
        random = new Random(seed);
        for (int i = 0; i < NODES; i++) {
            nodes.add(new Node());
        }
        int held = 0;
        for (int i = 0; i < STEPS; i++) {
            nodes.forEach(Node::step);
            for (int n = inFlight.size(); n > 0; n--) {
                if (random.nextInt(3) > 0) {
                    inFlight.remove(random.nextInt(inFlight.size())).run();
                }
            }
            if (loses && random.nextInt(3_000) == 0) {
                entry = random.nextBoolean() ? null : older;
            }
            held += check(loses) ? 1 : 0;
        }
        assertThat(held).as("steps with a holder").isGreaterThan(STEPS / 3);
        return holders.size();
    }

    private boolean check(boolean loses) {
        List<Node> now = nodes.stream().filter(node -> node.lease.isHeld()).toList();
        assertThat(now).as("holders").hasSizeLessThanOrEqualTo(1);
        for (Node node : now) {
            try (LeaseUse use = node.lease.begin().orElseThrow()) {
                Integer before = holders.putIfAbsent(use.fence(), node.number);
                if (!loses) {
                    assertThat(before == null || before == node.number)
                            .as("one fence, one holder")
                            .isTrue();
                    assertThat(use.fence()).isGreaterThanOrEqualTo(highestFence);
                }
                highestFence = use.fence();
            }
        }
        return !now.isEmpty();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void at_most_one_node_holds_the_lease_and_fences_grow(long seed) {
        assertThat(simulate(seed, false)).isGreaterThan(3);
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14, 15, 16, 17, 18})
    void at_most_one_node_holds_the_lease_although_the_store_loses_data(long seed) {
        assertThat(simulate(seed, true)).isGreaterThan(3);
    }

    @Test
    void terms_without_room_for_a_renewal_are_refused() {
        Duration second = Duration.ofSeconds(1);
        assertThatThrownBy(() -> new LeaseTerms(second.multipliedBy(2), second, second, second))
                .hasMessageContaining("must be longer than the renewal");
    }
}
