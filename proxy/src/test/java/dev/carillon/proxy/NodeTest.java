package dev.carillon.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** When a node is taken for down. */
class NodeTest {
    private static final long SECOND = 1_000_000_000;

    private final Node node = new Node(URI.create("http://127.0.0.1:1"), 3);
    private final AtomicInteger cut = new AtomicInteger();

    private void up() {
        node.answered(NodeState.UP, node.stateNumber());
        assertThat(node.enter(by -> cut.incrementAndGet())).isTrue();
    }

    @Test
    void connection_that_takes_too_long_while_checks_are_answered_ends_no_stream() {
        up();

        node.timedOut(System.nanoTime() - SECOND);

        assertThat(node.state()).isEqualTo(NodeState.UP);
        assertThat(cut).hasValue(0);
        assertThat(node.connectFailures()).isEqualTo(1);
    }

    @Test
    void node_that_accepts_no_connection_and_answers_no_check_is_down() {
        up();

        node.timedOut(System.nanoTime());

        assertThat(node.state()).isEqualTo(NodeState.DOWN);
        assertThat(cut).hasValue(1);
        assertThat(node.connectFailures()).isEqualTo(1);
    }

    @Test
    void refused_connection_is_enough() {
        up();

        node.unreachable("connection refused");

        assertThat(node.state()).isEqualTo(NodeState.DOWN);
        assertThat(cut).hasValue(1);
    }
}
