package dev.carillon.lease;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;

/** Work that the holder of a lease does. A node that leaves keeps the lease until this is closed. Thread-safe. */
public final class LeaseUse implements AutoCloseable {
    private final ClusterLease lease;
    private final long fence;
    private final AtomicBoolean closed = new AtomicBoolean();

    LeaseUse(ClusterLease lease, long fence) {
        this.lease = lease;
        this.fence = fence;
    }

    /** Larger than that of every holder before. */
    public long fence() {
        return fence;
    }

    /** Whether the node still holds the lease, since the work began. */
    public boolean isHeld() {
        return remaining().isPositive();
    }

    /** The time until the end of the lease, if it is not renewed; zero: another node may have it. */
    public Duration remaining() {
        return lease.remaining(fence);
    }

    /** See {@link ClusterLease#sinceMark}. */
    public CompletionStage<Boolean> mark() {
        return lease.mark();
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            lease.end();
        }
    }
}
