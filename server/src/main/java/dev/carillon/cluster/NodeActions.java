package dev.carillon.cluster;

import dev.carillon.scope.Tenant;
import java.util.concurrent.CompletionStage;

/** What a node does, and tells, when a node asks. Never blocks. */
public interface NodeActions {
    /** Ends the connections of a context; completes with how many there were. */
    CompletionStage<Integer> disconnect(Tenant tenant, String context);

    NodeHealth health();
}
