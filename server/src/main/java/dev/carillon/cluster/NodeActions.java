package dev.carillon.cluster;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.carillon.scope.Tenant;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Actions of this node that other nodes can request. Never blocks. */
public interface NodeActions {
    /** Ends the connections of a context; completes with their number. */
    CompletionStage<Integer> disconnect(Tenant tenant, String context);

    /** Makes answers of the authorizer invalid; the number of tokens whose answers this node held. */
    int invalidate(ControlMessage.Invalidate message);

    /** The connections that match a filter, at most {@code limit} of them and some kilobytes. */
    CompletionStage<ConnectionList> connections(ConnectionFilter filter, int limit);

    /**
     * Closes the connections that match a filter; completes with their number.
     *
     * @param text for their clients; null: none
     */
    CompletionStage<Integer> close(ConnectionFilter filter, @Nullable String text);

    /** Replaces the token of the connections of a context; completes with their number. Fails if the token is refused. */
    CompletionStage<Integer> renew(ControlMessage.Renew message);

    /** Ends a context without a connection whose client has come to another node; false: this node keeps it. */
    boolean release(ControlMessage.ReleaseContext message);

    /** Begins to release streams, so that their clients move to other nodes; the number that it will release. */
    int releaseStreams(ControlMessage.ReleaseStreams message);

    /** Calls an extension; completes with its answer. Fails as the extension does, or with {@code unknown-message} if there is no such handler. */
    CompletionStage<String> call(ControlMessage.CallExtension message);

    /** What this node knows of an event, as JSON of at most 48 KiB. Fails with {@code invalid-request} for a question that it cannot read. */
    CompletionStage<String> explain(ControlMessage.Explain message);

    /** As {@link #call}, with a body that is read as it arrives. */
    CompletionStage<String> stream(VerifiedBody body);

    NodeHealth health();

    /**
     * What consoles show of this node.
     *
     * @param hour whether with the samples of the last hour
     */
    ObjectNode observe(boolean hour);

    /** Begins a drain of this node. */
    void drain();

    /** Sets the level of a logger until the process ends; false: there is no such logger, or the program controls no log. */
    boolean logLevel(ControlMessage.SetLogLevel message);
}
