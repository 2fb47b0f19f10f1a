package dev.carillon.subscriptions;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.carillon.broker.Store;
import dev.carillon.scope.Tenant;
import dev.carillon.wire.WireForm;
import java.util.List;

/** The record of a subscriber of the hub. */
public final class SubscriptionForms {
    private SubscriptionForms() {}

    public static List<WireForm> all() {
        Tenant tenant = new Tenant("acme");
        String id = "urn:uuid:5e94c686-2c0b-4f9b-958c-92ccc3bbb4eb";
        SubscriptionRecord.Owner owner = new SubscriptionRecord.Owner("n1", 7);
        SubscriptionRecord record = new SubscriptionRecord(
                new Subscriber(
                        tenant,
                        id,
                        List.of("https://example.com/a"),
                        new JsonMapper().createObjectNode().put("a", 1)),
                owner,
                2,
                owner);
        return List.of(WireForm.json(
                "subscriber of the hub",
                SubscriptionStore.class,
                record.bytes(),
                "{\"node\":\"n1\",\"generation\":7,\"topics\":[\"https://example.com/a\"]}",
                bytes -> SubscriptionRecord.of(new Store.Entry(new Store.Key(tenant, "mercure-sub", id), bytes, 1))
                        .orElseThrow()));
    }
}
