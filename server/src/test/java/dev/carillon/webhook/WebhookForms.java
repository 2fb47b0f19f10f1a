package dev.carillon.webhook;

import dev.carillon.base.Text;
import dev.carillon.scope.Position;
import dev.carillon.wire.WireForm;
import java.util.List;

/** Up to where changes were delivered. */
public final class WebhookForms {
    private WebhookForms() {}

    public static List<WireForm> all() {
        return List.of(WireForm.text(
                "position of webhooks",
                WebhookPosition.class,
                Text.utf8(new Position(3, 4, 5).text()),
                "3:4:5 url=later",
                "3:4:5",
                WebhookPosition::position));
    }

    /** The class that names the lease. */
    public static Class<?> leaseOwner() {
        return WebhookDeliverer.class;
    }
}
