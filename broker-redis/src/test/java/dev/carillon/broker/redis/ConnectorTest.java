package dev.carillon.broker.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.carillon.base.Platform;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.redis.script.Keys;
import io.lettuce.core.RedisURI;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class ConnectorTest {
    @Test
    void closed_connector_opens_no_connection() {
        Logger netty = (Logger) LoggerFactory.getLogger("io.netty");
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        netty.addAppender(log);
        try {
            ServerGroup group = new ServerGroup();
            Connector connector = new Connector(
                    new RedisAddress(RedisURI.create("redis://127.0.0.1:1"), "redis", false),
                    new Keys("carillon", 0),
                    new Subscriptions(),
                    BrokerOptions.of("n"),
                    group.resources(),
                    Platform.system());
            connector.close();
            group.close();

            assertThatThrownBy(connector::connect)
                    .isInstanceOf(ExecutionException.class)
                    .hasMessageContaining("closed");
            assertThat(log.list).noneMatch(line -> line.getLevel().isGreaterOrEqual(Level.WARN));
        } finally {
            netty.detachAppender(log);
        }
    }
}
