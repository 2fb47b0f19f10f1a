package dev.carillon.presence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.Platform;
import dev.carillon.broker.Broker;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.PatientOptions;
import dev.carillon.scope.Scope;
import dev.carillon.scope.ScopePolicies;
import dev.carillon.scope.Tenant;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PresenceLimitsTest {
    private static final Tenant TENANT = new Tenant("acme");

    private final Broker broker = Brokers.open("memory://presence-limits", PatientOptions.of("n"));
    private final AtomicLong now = new AtomicLong();
    private final AtomicInteger refused = new AtomicInteger();
    private final FullScopes full = new FullScopes();
    private final List<LocalPresence> settled = new ArrayList<>();
    private final LocalUsers users =
            new LocalUsers(records(), full, Duration.ofSeconds(10), now::get, refused::incrementAndGet, settled::add);

    @AfterEach
    void stop() {
        broker.close();
    }

    private PresenceRecords records() {
        Platform platform = Platform.system();
        PresenceStore store = new PresenceStore(broker.store(), now::get, platform.secureRandom(), Runnable::run);
        return new PresenceRecords(
                store,
                new PresenceAnnouncements(
                        broker.channel(),
                        ScopePolicies.DEFAULT,
                        ChangeLog.NONE,
                        new PresenceMetrics(new SimpleMeterRegistry(), () -> 0)),
                new PresenceRecord.NodeLife("n", 1),
                platform.secureRandom());
    }

    private static Subject subject(Tenant tenant, int topic, String user) {
        return new Subject(tenant, Scope.topic("t" + topic), user);
    }

    private static Set<Subject> topics(Tenant tenant, int count, String user) {
        Set<Subject> topics = new HashSet<>();
        for (int i = 0; i < count; i++) {
            topics.add(subject(tenant, i, user));
        }
        return topics;
    }

    @Test
    void further_connections_of_a_user_cause_no_operation() {
        Set<Subject> one = topics(TENANT, 1, "ann");
        users.changed("first", one, null);
        assertThat(settled).hasSize(1);

        users.changed("second", one, null);
        users.changed("second", one, null);
        users.changed("first", Set.of(), null);

        now.addAndGet(Duration.ofMinutes(1).toNanos());
        users.removeLeft(now.get());
        assertThat(settled).hasSize(1);
        users.changed("second", Set.of(), null);
        now.addAndGet(Duration.ofSeconds(9).toNanos());
        users.removeLeft(now.get());
        assertThat(settled).hasSize(1);
        now.addAndGet(Duration.ofSeconds(2).toNanos());
        users.removeLeft(now.get());
        assertThat(settled).hasSize(2);
    }

    @Test
    void node_has_a_bounded_number_of_scopes_of_a_tenant() {
        users.changed("ann", topics(TENANT, FullScopes.MAX_SCOPES + 7, "ann"), null);

        assertThat(users.count()).isEqualTo(FullScopes.MAX_SCOPES);
        assertThat(refused).hasValue(7);
        users.changed("other", topics(new Tenant("other"), 3, "bob"), null);
        assertThat(users.count()).isEqualTo(FullScopes.MAX_SCOPES + 3);
        assertThat(refused).hasValue(7);
    }

    @Test
    void scope_or_tenant_that_is_full_in_the_cluster_lets_no_users_in() {
        users.changed("ann", topics(TENANT, 1, "ann"), null);
        full.countedScopes(TENANT, FullScopes.MAX_SCOPES);

        users.changed("bob", topics(TENANT, 2, "bob"), null);
        assertThat(users.get(subject(TENANT, 0, "bob"))).isNotNull();
        assertThat(users.get(subject(TENANT, 1, "bob"))).isNull();

        full.countedScopes(TENANT, FullScopes.MAX_SCOPES - 1);
        full.countedUsers(subject(TENANT, 0, "x").ofScope(), FullScopes.MAX_USERS);
        users.changed("carl", topics(TENANT, 2, "carl"), null);
        assertThat(users.get(subject(TENANT, 0, "carl"))).isNull();
        assertThat(users.get(subject(TENANT, 1, "carl"))).isNotNull();
        assertThat(refused).hasValue(2);
    }

    @Test
    void user_who_was_refused_comes_in_when_there_is_room_unless_its_connection_has_closed() {
        full.countedUsers(subject(TENANT, 0, "x").ofScope(), FullScopes.MAX_USERS);
        users.changed("ann", topics(TENANT, 2, "ann"), null);
        users.changed("bob", topics(TENANT, 1, "bob"), null);
        users.changed("bob", Set.of(), null);
        users.enterWaiting();
        assertThat(users.get(subject(TENANT, 0, "ann"))).isNull();

        full.countedUsers(subject(TENANT, 0, "x").ofScope(), FullScopes.MAX_USERS - 1);
        users.enterWaiting();

        assertThat(users.get(subject(TENANT, 0, "ann"))).isNotNull();
        assertThat(users.get(subject(TENANT, 0, "bob"))).isNull();
        assertThat(users.count()).isEqualTo(2);
        assertThat(refused).hasValue(2);
        users.changed("ann", Set.of(), null);
        now.addAndGet(Duration.ofSeconds(11).toNanos());
        users.removeLeft(now.get());
        assertThat(Objects.requireNonNull(users.get(subject(TENANT, 0, "ann"))).isOver())
                .isTrue();
    }

    @Test
    void node_has_a_bounded_number_of_users() {
        int topics = 1_000;
        for (int i = 0; i * topics < LocalUsers.MAX_USERS; i++) {
            users.changed(i, topics(TENANT, topics, "user" + i), null);
        }
        assertThat(refused).hasValue(0);

        users.changed("last", topics(TENANT, 1, "last"), null);

        assertThat(users.count()).isEqualTo(LocalUsers.MAX_USERS);
        assertThat(refused).hasValue(1);
    }
}
