package dev.carillon.lab.simulation.rules;

import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.feed.FeedListener;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** Checks what the feed of one life of a node delivers and tells, and passes it on. */
public final class FeedTrace implements FeedListener {
    private final FeedListener to;
    private final String node;
    private final LogTrace log;
    private final Supplier<Map<Scope, Position>> begun;
    /** Positions of events that were delivered or told. */
    private final Set<Position> covered = new HashSet<>();

    private Position last = Position.NONE;

    /** @param begun for each scope that the node has joined, a head of its that was read since */
    public FeedTrace(FeedListener to, String node, LogTrace log, Supplier<Map<Scope, Position>> begun) {
        this.to = to;
        this.node = node;
        this.log = log;
        this.begun = begun;
    }

    @Override
    public void deliver(Live live) {
        Position at = live.at();
        if (!at.isAfter(last)) {
            log.violated(ModelRule.Check.ORDER, node + " delivers " + at.text() + " after " + last.text());
        }
        Map<Scope, Position> scopes = begun.get();
        for (Scope scope : live.event().scopes()) {
            Position from = scopes.get(scope);
            if (from != null) {
                requireEarlier(scope, from, at);
            }
        }
        last = at.isAfter(last) ? at : last;
        covered.add(at);
        to.deliver(live);
    }

    private void requireEarlier(Scope scope, Position from, Position before) {
        for (LogTrace.Appended one : log.appends()) {
            if (one.at().isAfter(from)
                    && before.isAfter(one.at())
                    && one.scopes().contains(scope)
                    && !covered.contains(one.at())) {
                log.missing(
                        node,
                        one.at(),
                        node + " delivers " + before.text() + " of " + scope + ", and not "
                                + one.at().text());
                covered.add(one.at());
            }
        }
    }

    /** As a client takes a gap: it covers what was appended after a position until now. */
    private void tell(Position after) {
        log.appends().stream()
                .map(LogTrace.Appended::at)
                .filter(at -> at.isAfter(after))
                .forEach(covered::add);
    }

    @Override
    public void late(Live live) {
        covered.add(live.at());
        log.late(node, live.at());
        to.late(live);
    }

    @Override
    public void lost(Collection<Interest> interests, Position after) {
        Set<Scope> scopes = new HashSet<>();
        interests.forEach(interest -> {
            Scope scope = interest.scope();
            if (scope != null) {
                scopes.add(scope);
            }
        });
        log.appends().stream()
                .filter(one -> one.at().isAfter(after) && one.scopes().stream().anyMatch(scopes::contains))
                .forEach(one -> covered.add(one.at()));
        to.lost(interests, after);
    }

    @Override
    public void mayHaveLost(Tenant tenant, Position after) {
        tell(after);
        to.mayHaveLost(tenant, after);
    }

    @Override
    public CompletionStage<Void> settled() {
        return to.settled();
    }
}
