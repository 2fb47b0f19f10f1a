package dev.carillon.broker.redis;

import dev.carillon.process.RedisServer;
import dev.carillon.process.SentinelServers;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** From Redis 7 to Valkey 9 under traffic: a Valkey server follows as a replica, and the sentinels promote it. */
@Tag("full")
@Tag("redis")
@Tag("valkey")
class ValkeyUpgradeIT {
    @Test
    void replica_of_the_other_program_is_promoted_without_the_loss_of_an_acknowledged_event()
            throws InterruptedException {
        try (SentinelServers servers = new SentinelServers(2, RedisServer.Program.REDIS, RedisServer.Program.VALKEY)) {
            AcknowledgedTraffic traffic = new AcknowledgedTraffic(servers.address());
            try {
                traffic.awaitMore();
                RedisServer former = servers.killPrimary();
                traffic.awaitMore();
                traffic.stop();

                traffic.requireWholeLog(2);
                former.close();
            } finally {
                traffic.close();
            }
        }
    }
}
