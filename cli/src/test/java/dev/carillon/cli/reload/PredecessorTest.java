package dev.carillon.cli.reload;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.carillon.cli.base.Variables;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class PredecessorTest {
    private final Logger logger = (Logger) LoggerFactory.getLogger(Predecessor.class);
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @BeforeEach
    void listen_to_the_log() {
        log.start();
        logger.addAppender(log);
    }

    @AfterEach
    void stop_listening() {
        logger.detachAppender(log);
    }

    @Test
    void process_whose_predecessor_has_ended_continues() {
        assertThat(successor().takeOver()).isTrue();

        assertThat(messages())
                .containsExactly("the process that this one replaces cannot be notified: it has probably ended");
    }

    @Test
    void process_that_cannot_take_over_the_ports_ends() throws Exception {
        // A socket that shares its port with no other: the kernel accepts no program for it.
        try (ServerSocketChannel socket = new ListenSockets().openServerSocketChannel()) {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));

            assertThat(successor().takeOver()).isFalse();
        }

        assertThat(messages())
                .containsExactly("this process cannot take over the ports of the process that it replaces, and ends");
    }

    private Predecessor successor() {
        return Predecessor.of(Map.of(Variables.REPLACES, folder.resolve("ready").toString()))
                .orElseThrow();
    }

    private List<String> messages() {
        return log.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }
}
