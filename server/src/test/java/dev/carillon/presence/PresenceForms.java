package dev.carillon.presence;

import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import dev.carillon.wire.WireForm;
import java.util.List;

/** The record of a user or scope. */
public final class PresenceForms {
    private PresenceForms() {}

    public static List<WireForm> all() {
        PresenceRecord.NodeLife node = new PresenceRecord.NodeLife("n1", 7);
        PresenceRecord record = new PresenceRecord("life", List.of(node), "{\"name\":\"Ann\"}", node);
        return List.of(WireForm.json(
                "presence",
                PresenceStore.class,
                record.bytes(new Subject(new Tenant("acme"), Scope.topic("news"), null)),
                "{\"life\":\"life\",\"nodes\":[{\"node\":\"n1\",\"generation\":7}]}",
                bytes -> PresenceRecord.read(bytes).map(PresenceRecord::of)));
    }
}
