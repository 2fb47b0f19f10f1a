package dev.carillon.lab.simulation.page;

import dev.carillon.broker.Store;
import dev.carillon.extension.NodeLease;
import dev.carillon.lab.simulation.plan.Defect;
import dev.carillon.lease.ClusterLease;
import dev.carillon.lease.ClusterLeases;
import dev.carillon.lease.LeaseTerms;
import dev.carillon.lease.LeaseUse;
import dev.carillon.scope.Tenant;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** A lease of an application, with the terms that a node gives it. */
record JobLease(ClusterLeases leases, ClusterLease lease) implements NodeLease {
    private static final Duration MARGIN = Duration.ofSeconds(1);
    private static final Duration RENEWAL = Duration.ofMillis(500);
    /** Of the holder that does not stop. */
    private static final Duration NO_END = Duration.ofSeconds(-20);

    static JobLease open(ClusterLeases leases, String name, Runnable onAcquire, Defect defect) {
        Duration margin = defect == Defect.LEASE_NOT_STOPPED ? NO_END : MARGIN;
        LeaseTerms terms = new LeaseTerms(LENGTH, margin, RENEWAL, LENGTH);
        return new JobLease(leases, leases.open(new Store.Key(Tenant.DEFAULT, "lease", name), terms, onAcquire));
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
        CompletionStage<Void> _ = leases.leave(lease);
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
