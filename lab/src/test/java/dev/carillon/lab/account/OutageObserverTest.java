package dev.carillon.lab.account;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.lab.fleet.StreamEvent;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Notifications and ended streams during a broker outage. */
class OutageObserverTest {
    private final OutageObserver observer = new OutageObserver();

    @BeforeEach
    void open_streams_and_begin() {
        for (int client = 0; client < 4; client++) {
            observer.opened(client, 0);
        }
        observer.begin(client -> client != 3);
    }

    @Test
    void an_outage_is_clean_if_every_client_keeps_its_stream_and_is_notified_of_both() {
        for (int client = 0; client < 3; client++) {
            status(client, "unavailable");
            assertThat(observer.result().clean()).isFalse();
            status(client, "connected");
        }

        assertThat(observer.result()).isEqualTo(new OutageObserver.Result(3, 0, 3, 3));
        assertThat(observer.result().clean()).isTrue();
    }

    @Test
    void a_stream_that_ends_counts_although_its_client_reconnects() {
        observer.closed(1, 0);
        observer.opened(1, 0);
        observer.closed(3, 0);

        assertThat(observer.result().ended()).isEqualTo(1);
        assertThat(observer.result().clean()).isFalse();
    }

    @Test
    void a_connected_notification_counts_only_after_an_unavailable_one() {
        status(0, "connected");
        status(3, "unavailable");

        assertThat(observer.result()).isEqualTo(new OutageObserver.Result(3, 0, 0, 0));
    }

    private void status(int client, String broker) {
        observer.event(client, new StreamEvent("", "carillon.status", "{\"broker\":\"" + broker + "\"}"), 0);
    }
}
