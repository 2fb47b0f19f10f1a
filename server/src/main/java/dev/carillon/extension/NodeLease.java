package dev.carillon.extension;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * The part of a node in a lease of the cluster, for work that one node at a time does: at most one node holds it, as measured by the monotonic clocks of the
 * nodes. When the holder drains, another node takes it within about a second; when it fails or is paused, after {@link #LENGTH} and about two seconds. On
 * an empty store of a broker with a server it is first taken after {@link #LENGTH}. Thread-safe; never blocks.
 */
public interface NodeLease extends AutoCloseable {
    /** How long the holder must not have renewed it before another node takes it. */
    Duration LENGTH = Duration.ofSeconds(5);

    /** Begins work that only the holder may do; empty: this node does not hold it, or drains. */
    Optional<Use> begin();

    /**
     * The time since a holder, on whichever node, has called {@link Use#mark}; empty: none has, or it is not known. Time in which no node ran, and up to a
     * second before the end of a failed node, is missing.
     */
    Optional<Duration> sinceMark();

    /** Frees it, and ends the part of this node. */
    @Override
    void close();

    /** Work of the holder. A node that drains keeps the lease until it is closed. */
    interface Use extends AutoCloseable {
        /** Larger than that of every holder before: a store that remembers the largest can refuse what an earlier one, paused meanwhile, still sends. */
        long fence();

        /** Whether the node still holds the lease, since the work began. */
        boolean isHeld();

        /** The time until the lease ends if it is not renewed, a second earlier than for other nodes; zero: another node may hold it. */
        Duration remaining();

        /**
         * Remembers for all nodes that the work is done now.
         *
         * @return whether the store has it: the work is then not done again at once if this node fails. It takes at most {@link #LENGTH} or two; never fails
         */
        CompletionStage<Boolean> mark();

        @Override
        void close();
    }
}
