package dev.carillon.broker.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.BrokerUnavailableException;
import dev.carillon.broker.Brokers;
import dev.carillon.process.ServerProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** A failed start reports the reason only by its exception, whatever was in flight. */
class RedisAbsentIT {
    private static final Logger ROOT = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);

    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    @BeforeEach
    void watchLog() {
        log.start();
        ROOT.addAppender(log);
    }

    @AfterEach
    void logIsEmpty() {
        ROOT.detachAppender(log);
        assertThat(log.list).isEmpty();
    }

    @RepeatedTest(5)
    void server_that_refuses_connections_leaves_nothing_in_the_log() {
        giveUp("redis://127.0.0.1:" + ServerProcess.freePort());
    }

    @Test
    void silent_server_leaves_nothing_in_the_log() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            giveUp("redis://127.0.0.1:" + silent.getLocalPort());
        }
    }

    /** During an attempt, because opening and ending one takes longer than this. */
    private static void giveUp(String address) {
        assertThatThrownBy(() -> Brokers.open(address, BrokerOptions.of("n").startTimeout(Duration.ofMillis(50))))
                .isInstanceOf(BrokerUnavailableException.class);
    }
}
