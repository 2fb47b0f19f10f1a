package dev.carillon.lab.simulation;

import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.feed.FeedListener;
import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import java.util.Collection;
import java.util.concurrent.CompletionStage;

/** Passes on what a feed reports, except for a {@link Defect}. */
final class FaultyListener implements FeedListener {
    private static final int TWICE_EVERY = 7;

    private final FeedListener to;
    private final Defect defect;

    FaultyListener(FeedListener to, Defect defect) {
        this.to = to;
        this.defect = defect;
    }

    @Override
    public void deliver(Live live) {
        to.deliver(live);
        if (defect == Defect.EVENT_DELIVERED_TWICE && live.at().sequence() % TWICE_EVERY == 0) {
            to.deliver(live);
        }
    }

    @Override
    public CompletionStage<Void> settled() {
        return to.settled();
    }

    @Override
    public void late(Live live) {
        to.late(live);
    }

    @Override
    public void lost(Collection<Interest> interests, Position after) {
        if (defect != Defect.LOSS_NOT_TOLD) {
            to.lost(interests, after);
        }
    }

    @Override
    public void mayHaveLost(Tenant tenant, Position after) {
        if (defect != Defect.EPOCH_NOT_TOLD) {
            to.mayHaveLost(tenant, after);
        }
    }
}
