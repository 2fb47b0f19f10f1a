package dev.carillon.rebalance;

import dev.carillon.rebalance.RebalanceProgress.Terms;
import java.util.concurrent.CompletionStage;

/** The runs that operators begin at this node. Thread-safe; never blocks. */
public interface Rebalancing {
    /** The terms of a run that does not name its own. */
    Terms terms();

    /** The last run that this node has begun. */
    RebalanceProgress progress();

    /** Begins a run; completes when it has begun. Fails with {@code rebalance-unavailable}, and as the broker does. */
    CompletionStage<RebalanceProgress> start(Terms terms);

    /** Ends the run that this node has begun; false: there is none. */
    boolean stop();
}
