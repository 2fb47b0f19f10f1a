package dev.carillon.fanout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.Platform;
import dev.carillon.broker.Interest;
import dev.carillon.limits.MemoryBudget;
import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.Tenant;
import dev.carillon.socket.SendMode;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Joining and leaving a membership list during an iteration. */
class MembershipListTest {
    private static final PlainFormat FORMAT = new PlainFormat();

    private final FanOut fanOut = new FanOut(
            new FanOutConfig(64 * 1024, 100, Duration.ofSeconds(2), SendMode.CHANNEL),
            List.of(FORMAT),
            ScopePolicies.DEFAULT,
            new SimpleMeterRegistry(),
            Platform.system().clock(() -> Instant.EPOCH),
            MemoryBudget.unlimited());
    private final Connection connection =
            fanOut.register(new TestIoThread(), new FakePipe(), TestConnections.options(FORMAT), List.of());
    private final MembershipList members = new MembershipList(Interest.in(Tenant.DEFAULT, Scope.topic("a")));
    private final List<Membership> inside = new ArrayList<>();
    private final Map<Membership, Integer> sockets = new HashMap<>();

    private Membership add() {
        Membership member = new Membership(connection, members);
        members.add(member);
        inside.add(member);
        CachedSockets cached = members.sockets();
        if (cached != null) {
            sockets.put(member, sockets.size() + 1);
            cached.put(member.slot, sockets.size());
        }
        return member;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void members_keep_their_slots_and_sockets_and_are_visited_once_while_others_join_and_leave(int seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 8; i++) {
            add();
        }
        for (int turn = 0; turn < 500; turn++) {
            Set<Membership> toVisit = new HashSet<>(inside);
            int remaining = members.size();
            for (int step = 0; remaining > 0 || step < 3; step++) {
                int action = random.nextInt(5);
                if (action == 0 && !inside.isEmpty()) {
                    Membership leaving = inside.remove(random.nextInt(inside.size()));
                    toVisit.remove(leaving);
                    remaining = members.remove(leaving, remaining);
                } else if (action == 1 && inside.size() < 40) {
                    add();
                } else if (remaining > 0) {
                    assertThat(toVisit.remove(members.at(--remaining)))
                            .as("was to be visited")
                            .isTrue();
                }
                assertThat(members.size()).isEqualTo(inside.size());
                assertThat(inside).allSatisfy(m -> {
                    assertThat(members.at(m.slot)).isSameAs(m);
                    assertThat(socket(m)).isEqualTo(sockets.getOrDefault(m, 0));
                });
            }
            assertThat(toVisit).isEmpty();
        }
    }

    private int socket(Membership member) {
        return Objects.requireNonNull(members.sockets()).at(member.slot);
    }
}
