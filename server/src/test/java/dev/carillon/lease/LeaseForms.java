package dev.carillon.lease;

import dev.carillon.wire.WireForm;
import java.util.List;

/** The record of a lease. */
public final class LeaseForms {
    private LeaseForms() {}

    /** @param writer the class that names the lease */
    public static WireForm of(Class<?> writer) {
        return WireForm.text(
                "lease of " + writer.getSimpleName(),
                writer,
                new LeaseRecord("n1/7", 3, 500).bytes(),
                "fence=3 zone=a holder=n1/7 mark=500 later",
                "holder=n1/7 fence=3",
                LeaseRecord::parse);
    }

    public static List<WireForm> all() {
        return List.of(WireForm.text(
                "free lease",
                ClusterLease.class,
                new LeaseRecord("", 3, LeaseRecord.NO_MARK).bytes(),
                "fence=3 free later=1",
                "free",
                LeaseRecord::parse));
    }
}
