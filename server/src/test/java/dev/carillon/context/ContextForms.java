package dev.carillon.context;

import dev.carillon.broker.Store;
import dev.carillon.scope.Tenant;
import dev.carillon.wire.WireForm;
import java.util.List;

/** The record of a context's owner. */
public final class ContextForms {
    private ContextForms() {}

    public static List<WireForm> all() {
        return List.of(WireForm.text(
                "owner of a context",
                ContextRecords.class,
                ContextRecord.bytes("n1", 7, "client"),
                "n1 7 client later more",
                "n1 7",
                bytes -> ContextRecord.of(new Store.Entry(new Store.Key(Tenant.DEFAULT, "context", "c1"), bytes, 1))));
    }
}
