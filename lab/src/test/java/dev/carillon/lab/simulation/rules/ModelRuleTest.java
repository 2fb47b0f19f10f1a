package dev.carillon.lab.simulation.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.feed.FeedListener;
import dev.carillon.lab.simulation.rules.ModelRule.Check;
import dev.carillon.scope.Event;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The rules of the model and those that simulated runs are checked against are the same, and each check finds a trace that breaks it. */
class ModelRuleTest {
    private static final Path CHECKS = Path.of("..", "model", "checks");
    private static final Scope A = Scope.topic("a");
    private static final Scope B = Scope.topic("b");
    private static final FeedListener NONE = new FeedListener() {
        @Override
        public void deliver(Live live) {}

        @Override
        public void late(Live live) {}

        @Override
        public void lost(Collection<Interest> interests, Position after) {}

        @Override
        public void mayHaveLost(Tenant tenant, Position after) {}

        @Override
        public CompletionStage<Void> settled() {
            return CompletableFuture.completedFuture(null);
        }
    };

    private final LogTrace log = new LogTrace();
    private final FeedTrace feed = new FeedTrace(NONE, "node", log, () -> Map.of(A, at(1, 1), B, at(1, 1)));

    @Test
    void each_mutation_of_the_model_has_a_rule() throws IOException {
        Set<String> mutations = Files.readAllLines(CHECKS).stream()
                .map(line -> List.of(line.trim().split("\\s+", -1)))
                .filter(words -> words.size() > 3
                        && words.get(1).equals("mutation")
                        && words.get(2).equals("delivery"))
                .map(words -> words.get(3))
                .collect(Collectors.toSet());

        assertThat(Arrays.stream(ModelRule.values()).map(Enum::name)).containsExactlyInAnyOrderElementsOf(mutations);
    }

    @Test
    void trace_that_keeps_the_rules_is_accepted() {
        append(2, A);
        append(3, A, B);
        append(4, B);
        deliver(1, 2, A);
        feed.lost(List.of(Interest.in(Tenant.DEFAULT, A), Interest.in(Tenant.DEFAULT, B)), at(1, 2));
        deliver(1, 4, B);
        log.lost();
        log.appended(at(2, 3), Set.of(A), "3");
        feed.mayHaveLost(Tenant.DEFAULT, at(1, 4));
        deliver(2, 3, A);

        assertThat(log.violations()).isEmpty();
    }

    @Test
    void event_delivered_twice_or_before_another_breaks_the_order() {
        append(2, A);
        append(3, B);
        deliver(1, 3, B);
        deliver(1, 2, A);
        deliver(1, 3, B);

        assertThat(broken()).containsExactly(Check.ORDER, Check.ORDER);
    }

    @Test
    void event_before_another_of_its_scope_must_be_delivered_or_told() {
        append(2, A);
        append(3, B);
        append(4, A);
        deliver(1, 4, A);
        assertThat(broken()).containsExactly(Check.COMPLETE);

        // Another scope, and told too late.
        append(5, B);
        deliver(1, 5, B);
        feed.lost(List.of(Interest.in(Tenant.DEFAULT, B)), at(1, 1));
        assertThat(broken()).containsExactly(Check.COMPLETE, Check.COMPLETE);
    }

    @Test
    void report_of_another_scope_covers_nothing() {
        append(2, A);
        append(3, A);
        feed.lost(List.of(Interest.in(Tenant.DEFAULT, B)), at(1, 1));
        deliver(1, 3, A);

        assertThat(broken()).containsExactly(Check.COMPLETE);
    }

    @Test
    void position_that_is_used_again_and_broadcast_that_is_appended_again_are_found() {
        log.appended(at(1, 2), Set.of(A), "key");
        log.appended(at(1, 2), Set.of(A), "other");
        log.appended(at(1, 3), Set.of(A), "key");

        assertThat(broken()).containsExactly(Check.POSITION, Check.REPEAT);
    }

    private void append(int sequence, Scope... scopes) {
        log.appended(at(1, sequence), Set.of(scopes), Integer.toString(sequence));
    }

    private void deliver(int epoch, int sequence, Scope scope) {
        feed.deliver(new Live(Event.to(scope).data("x").build(), at(epoch, sequence), List.of()));
    }

    private List<Check> broken() {
        return log.violations().stream()
                .map(text -> Check.valueOf(text.substring("rule ".length(), text.indexOf(':'))))
                .toList();
    }

    private static Position at(int epoch, int sequence) {
        return new Position(epoch, sequence, 1);
    }
}
