package dev.carillon.webhook;

import static dev.carillon.broker.RecordingNode.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.carillon.base.Platform;
import dev.carillon.broker.Broker;
import dev.carillon.broker.Brokers;
import dev.carillon.broker.Log;
import dev.carillon.broker.PatientOptions;
import dev.carillon.lease.ClusterLeases;
import dev.carillon.presence.Change;
import dev.carillon.scope.Position;
import dev.carillon.scope.Scope;
import dev.carillon.scope.Tenant;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
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
                        new WebhookConfig(receiver.url(), "a secret of the test", Duration.ofMinutes(1)),
                        leases(broker, "n"),
                        metrics,
                        Platform.system())) {
            append(broker, 0, 1);
            deliverer.start();
            await().until(() -> receiver.texts().equals(List.of("joined user0")));
            receiver.answer(Receiver.status(500));
            append(broker, 1, 300);
            receiver.answer(Receiver.status(200));

            await().until(() -> receiver.texts().contains("joined user299"));

            assertThat(receiver.texts()).doesNotContain("joined user150").contains("joined user250");
            assertThat(metrics.get("carillon.webhook.gaps").counter().count()).isEqualTo(1);
        }
    }

    @Test
    void repeated_change_has_its_id_although_the_broker_does_not_know_it_any_more() {
        List<String> ids = new ArrayList<>();
        for (String address : List.of("memory://before-loss", "memory://after-loss")) {
            try (Broker broker = Brokers.open(address, PatientOptions.of("n"))) {
                append(broker, 0, 2);
                get(broker.log().read(Tenant.WEBHOOKS, List.of(), Position.NONE, 10))
                        .events()
                        .forEach(event ->
                                ids.add(WebhookLog.body(List.of(event)).replaceAll(".*\"id\":\"(.*?)\".*", "$1")));
            }
        }

        assertThat(ids).hasSize(4);
        assertThat(ids.subList(0, 2)).isEqualTo(ids.subList(2, 4)).doesNotHaveDuplicates();
        assertThat(ids).allMatch(id -> id.matches("urn:uuid:[0-9a-f-]{36}"));
    }

    @Test
    void deliverer_whose_lease_was_taken_while_it_read_does_not_post() {
        CompletableFuture<Void> gate = new CompletableFuture<>();
        AtomicInteger reads = new AtomicInteger();
        WebhookDeliverer.Timing timing =
                new WebhookDeliverer.Timing(Duration.ofSeconds(1), Duration.ofMillis(20), Duration.ofMillis(20));
        SimpleMeterRegistry metrics = new SimpleMeterRegistry();
        try (Receiver receiver = new Receiver();
                Broker broker = Brokers.open("memory://slow-webhooks", PatientOptions.of("n"))) {
            WebhookConfig config = new WebhookConfig(receiver.url(), "a secret of the test", Duration.ofMinutes(1));
            append(broker, 0, 1);
            Broker slow = slow(broker, gate, reads);
            try (WebhookDeliverer second =
                    new WebhookDeliverer(broker, config, leases(broker, "b"), timing, metrics, Platform.system())) {
                try (WebhookDeliverer first =
                        new WebhookDeliverer(slow, config, leases(broker, "a"), timing, metrics, Platform.system())) {
                    first.start();
                    await().until(() -> reads.get() == 1);
                    second.start();
                    await().until(() -> receiver.requests().size() == 1);
                    gate.complete(null);
                }

                assertThat(receiver.requests()).hasSize(1);
            }
        }
    }

    private static ClusterLeases leases(Broker broker, String node) {
        return new ClusterLeases(broker.store(), node, new SimpleMeterRegistry(), Platform.system());
    }

    /** The broker, whose log answers only after the gate was opened. */
    private static Broker slow(Broker real, CompletableFuture<Void> gate, AtomicInteger reads) {
        Log log = (Log) Proxy.newProxyInstance(
                Log.class.getClassLoader(), new Class<?>[] {Log.class}, (proxy, method, args) -> {
                    CompletionStage<?> answer = (CompletionStage<?>) method.invoke(real.log(), args);
                    reads.incrementAndGet();
                    return gate.thenCompose(x -> answer);
                });
        return (Broker) Proxy.newProxyInstance(
                Broker.class.getClassLoader(),
                new Class<?>[] {Broker.class},
                (proxy, method, args) -> method.getName().equals("log") ? log : method.invoke(real, args));
    }

    private static void append(Broker broker, int from, int to) {
        WebhookLog log = new WebhookLog(broker.channel());
        for (int i = from; i < to; i++) {
            get(log.append(
                    new Change(Change.Kind.JOINED, Tenant.DEFAULT, Scope.topic("room"), "user" + i, null), "key " + i));
        }
    }
}
