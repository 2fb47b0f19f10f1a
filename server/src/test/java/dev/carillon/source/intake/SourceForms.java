package dev.carillon.source.intake;

import dev.carillon.lease.LeaseForms;
import dev.carillon.wire.WireForm;
import java.util.List;

public final class SourceForms {
    private SourceForms() {}

    public static List<WireForm> all() {
        return List.of(LeaseForms.of(SourceRunner.class));
    }
}
