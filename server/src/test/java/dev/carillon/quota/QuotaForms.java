package dev.carillon.quota;

import dev.carillon.wire.WireForm;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** What a node publishes of the use of tenants. */
public final class QuotaForms {
    private QuotaForms() {}

    public static List<WireForm> all() {
        byte[] now =
                new NodeUse(Map.of("acme", new NodeUse.Tenant(new double[] {1, 2, 3}, new double[] {4, 5, 6}))).bytes();
        return List.of(WireForm.text(
                "use of tenants",
                TenantLimits.class,
                now,
                "acme 1.0 4.0 2.0 5.0 3.0 6.0 7.0 8.0 later\n# another line\n",
                "acme 1.0 4.0\n",
                bytes -> new String(NodeUse.of(bytes).bytes(), StandardCharsets.UTF_8)));
    }
}
