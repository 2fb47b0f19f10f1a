package dev.carillon.node;

import dev.carillon.broker.Store;
import dev.carillon.extension.NodeLease;
import dev.carillon.lease.ClusterLease;
import dev.carillon.lease.LeaseTerms;
import dev.carillon.lease.LeaseUse;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** A lease of an extension. */
record ExtensionLease(NodeServices services, ClusterLease lease) implements NodeLease {
    private static final Duration MARGIN = Duration.ofSeconds(1);
    /** Every tick of the node renews. */
    private static final Duration RENEWAL = Duration.ofMillis(500);

    static ExtensionLease open(NodeServices services, String name, Runnable onAcquire) {
        // The in-memory broker loses its data only together with the nodes.
        boolean losesNothing = services.broker.driver().equals("memory");
        LeaseTerms terms = new LeaseTerms(LENGTH, MARGIN, RENEWAL, losesNothing ? Duration.ZERO : LENGTH);
        return new ExtensionLease(
                services, services.leases.open(new Store.Key(Tenant.DEFAULT, "lease", name), terms, onAcquire));
    }

    @Override
    public Optional<Use> begin() {
        return lease.begin().map(Running::new);
    }

    @Override
    public Optional<Duration> sinceMark() {
        return lease.sinceMark();
    }

    @Override
    public void close() {
        CompletionStage<Void> _ = services.leases.leave(lease);
    }

    private record Running(LeaseUse use) implements Use {
        @Override
        public long fence() {
            return use.fence();
        }

        @Override
        public boolean isHeld() {
            return use.isHeld();
        }

        @Override
        public Duration remaining() {
            return use.remaining();
        }

        @Override
        public CompletionStage<Boolean> mark() {
            return use.mark();
        }

        @Override
        public void close() {
            use.close();
        }
    }
}
