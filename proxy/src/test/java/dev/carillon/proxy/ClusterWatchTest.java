package dev.carillon.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class ClusterWatchTest {
    private static final Logger LOGGER = (Logger) LoggerFactory.getLogger(ClusterWatch.class);

    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final AtomicLong seconds = new AtomicLong(-7);
    private final Node a = up("http://h:1");
    private final Node b = up("http://h:2");
    private final Node c = up("http://h:3");
    private final ClusterWatch watch = new ClusterWatch(
            List.of(a, b, c),
            Duration.ofSeconds(3),
            () -> Duration.ofSeconds(seconds.get()).toNanos());

    @BeforeEach
    void watchLog() {
        log.start();
        LOGGER.setLevel(Level.INFO);
        LOGGER.addAppender(log);
    }

    @AfterEach
    void leaveLog() {
        LOGGER.detachAppender(log);
        LOGGER.setLevel(null);
    }

    @Test
    void nodes_of_one_cluster_or_without_a_report_cause_no_warning() {
        a.reported(Optional.of("x"));
        b.reported(Optional.of("x"));

        lookFor(10);

        assertThat(log.list).isEmpty();
    }

    @Test
    void different_clusters_are_logged_once_for_each_change_and_name_the_nodes() {
        a.reported(Optional.of("x"));
        b.reported(Optional.of("y"));
        c.reported(Optional.of("x"));

        lookFor(10);

        assertThat(logged()).containsExactly("[clusters=\"x: http://h:1, http://h:3; y: http://h:2\"]");
        c.reported(Optional.of("y"));
        lookFor(10);
        assertThat(logged()).hasSize(2).last().isEqualTo("[clusters=\"x: http://h:1; y: http://h:2, http://h:3\"]");
        a.reported(Optional.of("y"));
        lookFor(10);
        assertThat(log.list).hasSize(3).last().asString().contains("all nodes report the same cluster again");
    }

    @Test
    void brief_difference_is_not_logged() {
        a.reported(Optional.of("x"));
        b.reported(Optional.of("y"));
        lookFor(2);
        a.reported(Optional.of("y"));
        lookFor(10);

        assertThat(log.list).isEmpty();
    }

    @Test
    void node_that_is_down_is_ignored() {
        a.reported(Optional.of("x"));
        b.reported(Optional.of("y"));
        b.unreachable("test");

        lookFor(10);

        assertThat(log.list).isEmpty();
    }

    private void lookFor(int more) {
        for (int i = 0; i <= more; i++) {
            watch.check();
            seconds.incrementAndGet();
        }
    }

    private List<String> logged() {
        return log.list.stream().map(event -> event.getKeyValuePairs() + "").toList();
    }

    private static Node up(String url) {
        Node node = new Node(URI.create(url), 1);
        node.answered(NodeState.UP, node.stateNumber());
        return node;
    }
}
