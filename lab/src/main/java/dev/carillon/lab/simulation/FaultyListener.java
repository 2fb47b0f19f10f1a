package dev.carillon.lab.simulation;

import dev.carillon.broker.Interest;
import dev.carillon.broker.Live;
import dev.carillon.feed.FeedListener;
import dev.carillon.lab.simulation.plan.Defect;
import dev.carillon.scope.Position;
import dev.carillon.scope.Tenant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Passes on what a feed reports, except for a {@link Defect}. */
final class FaultyListener implements FeedListener {
    private static final int TWICE_EVERY = 7;
    private static final int LATE_AFTER = 2;

    private final FeedListener to;
    private final Defect defect;
    /** Reports that are held back. */
    private final List<Runnable> late = new ArrayList<>();

    private int since;

    FaultyListener(FeedListener to, Defect defect) {
        this.to = to;
        this.defect = defect;
    }

    @Override
    public void deliver(Live live) {
        to.deliver(live);
        if (!late.isEmpty() && ++since == LATE_AFTER) {
            late.forEach(Runnable::run);
            late.clear();
        }
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
        if (defect == Defect.LOSS_TOLD_AT_END) {
            List<Interest> told = List.copyOf(interests);
            late.add(() -> to.lost(told, after));
            since = 0;
        } else if (defect != Defect.LOSS_NOT_TOLD) {
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
