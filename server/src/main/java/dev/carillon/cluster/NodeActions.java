package dev.carillon.cluster;

import dev.carillon.scope.Tenant;
import java.util.concurrent.CompletionStage;

/** Actions of this node that other nodes can request. Never blocks. */
public interface NodeActions {
    /** Ends the connections of a context; completes with their number. */
    CompletionStage<Integer> disconnect(Tenant tenant, String context);

    /** Makes answers of the authorizer invalid; the number of tokens whose answers this node held. */
    int invalidate(ControlMessage.Invalidate message);

    NodeHealth health();
}
