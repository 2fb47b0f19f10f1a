package dev.carillon.trace.span;

import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.feed.FeedListener;
import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import java.util.Collection;
import java.util.concurrent.CompletionStage;

/** A listener whose deliveries of traced events have spans. */
record TracedListener(FeedListener listener, EventSpans spans) implements FeedListener {
    @Override
    public void deliver(Live live) {
        if (live.event().traceparent() == null) {
            listener.deliver(live);
        } else {
            spans.deliver(live, false, listener, () -> listener.deliver(live));
        }
    }

    @Override
    public CompletionStage<Void> settled() {
        return listener.settled();
    }

    @Override
    public void late(Live live) {
        if (live.event().traceparent() == null) {
            listener.late(live);
        } else {
            spans.deliver(live, true, listener, () -> listener.late(live));
        }
    }

    @Override
    public void lost(Collection<Interest> interests, Position after) {
        listener.lost(interests, after);
    }

    @Override
    public void mayHaveLost(Tenant tenant, Position after) {
        listener.mayHaveLost(tenant, after);
    }
}
