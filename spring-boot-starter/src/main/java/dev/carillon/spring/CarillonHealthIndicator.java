package dev.carillon.spring;

import dev.carillon.client.CarillonClient;
import dev.carillon.client.ClientException;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** Up when a node answers a request with the application's token within the request timeout, and the connection of the emitters is open. */
final class CarillonHealthIndicator implements HealthIndicator {
    private final CarillonClient client;
    private final @Nullable StreamHealth streams;

    /** @param streams null: the application has no emitters */
    CarillonHealthIndicator(CarillonClient client, @Nullable StreamHealth streams) {
        this.client = client;
        this.streams = streams;
    }

    @Override
    public Health health() {
        Health.Builder health = Health.up();
        StreamHealth present = streams;
        if (present != null) {
            health.withDetail("emitters", present.emitters());
            health.withDetail("connected", present.isConnected());
            if (!present.isConnected()) {
                health.down();
            }
        }
        try {
            String _ = client.position("global");
        } catch (ClientException e) {
            health.down().withDetail("error", String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            health.unknown();
        }
        return health.build();
    }
}
