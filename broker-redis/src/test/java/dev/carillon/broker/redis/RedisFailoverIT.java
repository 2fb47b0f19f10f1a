package dev.carillon.broker.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.broker.HealthEvent;
import dev.carillon.broker.Live;
import dev.carillon.broker.RecordingNode;
import dev.carillon.process.RedisServer;
import dev.carillon.process.SentinelServers;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Fail-overs under traffic, with broadcasts that wait for the only replica: no acknowledged event is lost, and none is in the log twice. */
@Tag("full")
@Tag("redis")
class RedisFailoverIT {
    private static final int KILLS = 3;

    private final SentinelServers servers = new SentinelServers(1);
    private final AcknowledgedTraffic traffic = new AcknowledgedTraffic(servers.address());

    @AfterEach
    void stop() throws InterruptedException {
        traffic.close();
        servers.close();
    }

    @Test
    void killed_primaries_lose_no_acknowledged_event() throws Exception {
        for (int i = 0; i < KILLS; i++) {
            traffic.awaitMore();
            RedisServer killed = servers.killPrimary();
            killed.start();
            servers.awaitReady();
        }
        traffic.awaitMore();
        traffic.stop();

        requireWholeLog(KILLS);
    }

    @Test
    void primary_that_is_cut_off_but_accepts_writes_acknowledges_none_that_is_lost() throws Exception {
        traffic.awaitMore();
        RedisServer former = servers.cutPrimary();
        for (RecordingNode node : traffic.nodes()) {
            await().until(() -> node.health().stream()
                    .anyMatch(event -> event instanceof HealthEvent.Unavailable(String reason, var _)
                            && reason.contains("name another primary")));
        }
        servers.heal(former);
        traffic.awaitMore();
        traffic.stop();

        requireWholeLog(1);
    }

    private void requireWholeLog(int failOvers) {
        traffic.requireWholeLog(failOvers + 1);
        for (RecordingNode node : traffic.nodes()) {
            assertThat(node.health().stream().filter(HealthEvent.PossibleLoss.class::isInstance))
                    .hasSizeGreaterThanOrEqualTo(failOvers);
            requireOnceInEachEpoch(node);
        }
    }

    /** An event that was delivered, not acknowledged, and lost with its primary is repeated in the next epoch. */
    private static void requireOnceInEachEpoch(RecordingNode node) {
        Map<String, Set<Long>> epochs = new HashMap<>();
        for (Live live : node.events()) {
            assertThat(epochs.computeIfAbsent(live.event().data(), id -> new HashSet<>())
                            .add(live.at().epoch()))
                    .as(live.event().data())
                    .isTrue();
        }
    }
}
