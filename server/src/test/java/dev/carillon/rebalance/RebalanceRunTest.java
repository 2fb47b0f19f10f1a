package dev.carillon.rebalance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.ErrorCode;
import dev.carillon.base.Platform;
import dev.carillon.broker.Broker;
import dev.carillon.broker.BrokerOptions;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Store;
import dev.carillon.cluster.Answers;
import dev.carillon.cluster.BrokerState;
import dev.carillon.cluster.ControlMessage;
import dev.carillon.cluster.NodeHealth;
import dev.carillon.cluster.NodeRecord;
import dev.carillon.rebalance.RebalanceProgress.Phase;
import dev.carillon.rebalance.RebalanceProgress.Terms;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Runs against a simulated cluster, in which released clients are back at once. */
class RebalanceRunTest {
    private final Broker broker = Brokers.open(Brokers.address("memory"), BrokerOptions.of("a"), Platform.system());
    private final Random random = new Random(1);
    private final TreeMap<String, Integer> streams = new TreeMap<>();
    private final List<String> messages = new ArrayList<>();
    private boolean randomProxy;
    private String draining = "";
    private String silent = "";
    private int pauses;
    /** Released clients are back after so many pauses. */
    private int backAfter;

    private static final BrokerState WELL = new BrokerState("memory", true, true, 0, List.of());
    private int away;
    private Runnable onPause = () -> {};

    private final RebalanceRun.Cluster cluster = new RebalanceRun.Cluster() {
        @Override
        public CompletionStage<Answers<NodeHealth>> health() {
            List<Answers.Answer<NodeHealth>> answers = new ArrayList<>();
            List<Answers.Missing> missing = new ArrayList<>();
            streams.forEach((id, count) -> {
                NodeRecord node = new NodeRecord(id, 1, Optional.empty(), count, count);
                if (id.equals(silent)) {
                    missing.add(new Answers.Missing(node, ErrorCode.NODE_UNREACHABLE, "silent"));
                } else {
                    String state = id.equals(draining) ? "draining" : "serving";
                    answers.add(new Answers.Answer<>(node, new NodeHealth(state, "1", WELL, count, count)));
                }
            });
            return CompletableFuture.completedFuture(new Answers<>(answers, missing, true));
        }

        @Override
        public CompletionStage<Integer> release(NodeRecord node, ControlMessage.ReleaseStreams message) {
            messages.add(node.id() + " " + message.count());
            streams.merge(node.id(), -message.count(), Integer::sum);
            away += message.count();
            if (pauses >= backAfter) {
                comeBack();
            }
            return CompletableFuture.completedFuture(message.count());
        }
    };

    private void comeBack() {
        for (; away > 0; away--) {
            streams.merge(randomProxy ? anyNode() : emptiest(), 1, Integer::sum);
        }
    }

    private String anyNode() {
        return List.copyOf(streams.keySet()).get(random.nextInt(streams.size()));
    }

    private String emptiest() {
        return streams.entrySet().stream()
                .min(Map.Entry.comparingByValue())
                .orElseThrow()
                .getKey();
    }

    @AfterEach
    void close() {
        broker.close();
    }

    private RebalanceProgress run() throws InterruptedException {
        RebalanceTurn turn = new RebalanceTurn(broker.store(), "a");
        assertThat(turn.take().toCompletableFuture().join()).isTrue();
        return new RebalanceRun(
                        cluster,
                        turn,
                        RebalanceProgress.begin(streams, new Terms(200, 0.05)),
                        millis -> {
                            pauses++;
                            onPause.run();
                            if (pauses >= backAfter) {
                                comeBack();
                            }
                            return false;
                        },
                        progress -> {})
                .run();
    }

    @Test
    void one_round_is_enough_where_the_proxy_chooses_the_node_with_the_fewest() throws InterruptedException {
        streams.putAll(Map.of("a", 3_000, "b", 3_000, "c", 0));

        RebalanceProgress end = run();

        assertThat(end.phase()).isEqualTo(Phase.EVEN);
        assertThat(end.round()).isEqualTo(1);
        assertThat(end.released()).isEqualTo(2_000);
        assertThat(end.streams().values()).allMatch(count -> count == 2_000);
    }

    @Test
    void a_round_waits_for_clients_that_take_long_to_come_back() throws InterruptedException {
        streams.putAll(Map.of("a", 3_000, "b", 3_000, "c", 0));
        // Five seconds later than expected: the release takes five.
        backAfter = 13;

        RebalanceProgress end = run();

        assertThat(end.phase()).isEqualTo(Phase.EVEN);
        assertThat(end.released()).isEqualTo(2_000);
    }

    @Test
    void rounds_follow_where_the_proxy_chooses_at_random() throws InterruptedException {
        randomProxy = true;
        streams.putAll(Map.of("a", 3_000, "b", 3_000, "c", 0));

        RebalanceProgress end = run();

        assertThat(end.phase()).isEqualTo(Phase.EVEN);
        assertThat(end.round()).isBetween(2, RebalanceRun.MAX_ROUNDS);
        assertThat(end.streams().values()).allMatch(count -> Math.abs(count - 2_000) <= 100);
    }

    @Test
    void even_shares_release_nothing() throws InterruptedException {
        streams.putAll(Map.of("a", 100, "b", 101));
        assertThat(run().phase()).isEqualTo(Phase.EVEN);
        assertThat(messages).isEmpty();
    }

    @Test
    void a_drain_ends_the_run_and_the_nodes_release_no_more() throws InterruptedException {
        streams.putAll(Map.of("a", 300, "b", 0));
        onPause = () -> draining = "b";

        RebalanceProgress end = run();

        assertThat(end.phase()).isEqualTo(Phase.STOPPED);
        assertThat(end.detail()).isEqualTo("node b drains");
        assertThat(messages).containsExactly("a 150", "a 0", "b 0");
    }

    @Test
    void a_node_that_does_not_answer_or_has_left_ends_the_run() throws InterruptedException {
        streams.putAll(Map.of("a", 300, "b", 0));
        onPause = () -> silent = "b";
        assertThat(run().detail()).isEqualTo("node b does not answer");

        silent = "";
        streams.putAll(Map.of("a", 300, "b", 0));
        onPause = () -> streams.remove("b");
        broker.store()
                .remove(RebalanceTurn.KEY, Store.ANY)
                .toCompletableFuture()
                .join();
        assertThat(run().detail()).isEqualTo("node b has left the cluster");
    }

    @Test
    void two_nodes_do_not_have_the_turn_at_the_same_time() {
        RebalanceTurn first = new RebalanceTurn(broker.store(), "a");
        RebalanceTurn second = new RebalanceTurn(broker.store(), "b");
        assertThat(first.take().toCompletableFuture().join()).isTrue();
        assertThat(second.take().toCompletableFuture().join()).isFalse();
        assertThat(second.renew().toCompletableFuture().join()).isFalse();
        assertThat(first.renew().toCompletableFuture().join()).isTrue();
        assertThat(first.giveBack().toCompletableFuture().join()).isTrue();
        assertThat(second.take().toCompletableFuture().join()).isTrue();
    }
}
