package dev.carillon.webhook;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.Platform;
import dev.carillon.base.Text;
import dev.carillon.broker.Broker;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.PatientOptions;
import dev.carillon.presence.Change;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class MemoryWebhookIT extends WebhookContract {
    @Override
    protected String broker() {
        return "memory://webhooks";
    }

    @Test
    void log_is_bounded_and_what_it_dropped_is_counted_as_a_gap() {
        SimpleMeterRegistry metrics = new SimpleMeterRegistry();
        try (Receiver receiver = new Receiver();
                Broker broker = Brokers.open(
                        "memory://bounded-webhooks", PatientOptions.of("n").maxLogEvents(100));
                WebhookDeliverer deliverer = new WebhookDeliverer(
                        broker,
                        new WebhookConfig(receiver.url(), Text.utf8("a secret of the test"), Duration.ofMinutes(1)),
                        "n",
                        metrics,
                        Platform.system())) {
            append(broker, 0, 1);
            deliverer.start();
            await().until(() -> receiver.texts().equals(java.util.List.of("joined user0")));
            receiver.answer(Receiver.status(500));
            append(broker, 1, 300);
            receiver.answer(Receiver.status(200));

            await().until(() -> receiver.texts().contains("joined user299"));

            assertThat(receiver.texts()).doesNotContain("joined user150").contains("joined user250");
            assertThat(metrics.get("carillon.webhook.gaps").counter().count()).isEqualTo(1);
        }
    }

    private static void append(Broker broker, int from, int to) {
        WebhookLog log = new WebhookLog(broker.channel());
        for (int i = from; i < to; i++) {
            get(log.append(
                    new Change(Change.Kind.JOINED, Tenant.DEFAULT, Scope.topic("room"), "user" + i, null), "key " + i));
        }
    }
}
