package dev.carillon.node;

import dev.carillon.broker.Health;
import dev.carillon.broker.HealthEvent;
import dev.carillon.scope.Tenant;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A change in the health of the broker, as clients receive it. Every client needs the broker for {@link Tenant#SYSTEM}, too: system events stop without it, and new
 * streams are refused. So all clients receive its loss, and a client's broker is connected when it is for both tenants.
 *
 * @param tenants those whose clients receive it; used on I/O threads, so it must not block
 */
record BrokerNotice(Predicate<Tenant> tenants, String data) {
    static Optional<BrokerNotice> of(HealthEvent event, Health health) {
        Predicate<Tenant> affected = event.affects(Tenant.SYSTEM) ? tenant -> true : event::affects;
        return switch (event) {
            case HealthEvent.Unavailable _ -> Optional.of(new BrokerNotice(affected, data("unavailable")));
            case HealthEvent.Connected _ ->
                isConnected(event, health, Tenant.SYSTEM)
                        ? Optional.of(new BrokerNotice(
                                tenant -> affected.test(tenant) && isConnected(event, health, tenant),
                                data("connected")))
                        : Optional.empty();
            case HealthEvent.PossibleLoss _ -> Optional.empty();
        };
    }

    /** A driver may report a change before its health shows it. */
    private static boolean isConnected(HealthEvent event, Health health, Tenant tenant) {
        return event.affects(tenant) || health.connected(tenant);
    }

    private static String data(String broker) {
        return "{\"broker\":\"" + broker + "\"}";
    }
}
