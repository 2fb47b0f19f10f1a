package dev.carillon.broker.nats;

import dev.carillon.base.Platform;
import dev.carillon.base.TimeLimit;
import dev.carillon.broker.BrokerAddress;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.nats.connection.BlockingCalls;
import dev.carillon.broker.nats.connection.NatsAddress;
import dev.carillon.broker.nats.connection.NatsHealth;
import dev.carillon.broker.nats.connection.NatsLink;
import dev.carillon.broker.nats.log.Broadcasts;
import dev.carillon.broker.nats.log.LastSeen;
import dev.carillon.broker.nats.log.LiveReceiver;
import dev.carillon.broker.nats.log.LogSession;
import dev.carillon.broker.nats.log.NatsChannel;
import dev.carillon.broker.nats.log.TenantLogs;
import io.nats.client.Connection;
import io.nats.client.Message;
import io.nats.client.api.ConsumerConfiguration;
import io.nats.client.api.StreamConfiguration;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** A connection to a server that gives the same answer to every request. */
final class TestAnswers {
    @SuppressWarnings("unchecked")
    private static final NatsLink.SessionHandler<LogSession> UNUSED =
            (NatsLink.SessionHandler<LogSession>) Proxy.newProxyInstance(
                    TestAnswers.class.getClassLoader(),
                    new Class<?>[] {NatsLink.SessionHandler.class},
                    (proxy, method, arguments) -> {
                        throw new UnsupportedOperationException(method.getName());
                    });

    private TestAnswers() {}

    static Connection connection(Message answer) {
        return (Connection) Proxy.newProxyInstance(
                TestAnswers.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("requestWithTimeout")) {
                        return CompletableFuture.completedFuture(answer);
                    }
                    throw new UnsupportedOperationException(method.getName());
                });
    }

    /** A receiver of live events, of a broker that was never opened. */
    static LiveReceiver feed() {
        NatsAddress address = NatsAddress.parse(BrokerAddress.parse("nats://127.0.0.1:1"));
        BrokerOptions options = BrokerOptions.of("n");
        Platform platform = Platform.system();
        NatsHealth health = new NatsHealth(address, platform.clock());
        NatsLink<LogSession> link = new NatsLink<>(address, options, health, UNUSED, platform);
        BlockingCalls work = new BlockingCalls(
                1,
                1,
                new TimeLimit(options.timeout(), platform.timer()),
                platform.threads().each("carillon-nats"));
        LastSeen lastSeen = new TenantLogs(options, platform).lastSeen();
        return new NatsChannel(link, work, new Broadcasts(link, health, work, options, platform, lastSeen), lastSeen)
                .newReceiver();
    }

    static TimeLimit limit() {
        return new TimeLimit(Duration.ofSeconds(1), Platform.system().timer());
    }

    static StreamConfiguration stream() {
        return StreamConfiguration.builder().name("S").subjects("a.*").build();
    }

    static ConsumerConfiguration consumer() {
        return ConsumerConfiguration.builder().build();
    }
}
