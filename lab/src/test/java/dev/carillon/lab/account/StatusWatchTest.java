package dev.carillon.lab.account;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.lab.fleet.StreamEvent;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who counts as told, and whose stream as lost, while a broker is away. */
class StatusWatchTest {
    private final StatusWatch watch = new StatusWatch();

    @BeforeEach
    void open_streams_and_begin() {
        for (int client = 0; client < 4; client++) {
            watch.opened(client, 0);
        }
        watch.begin(client -> client != 3);
    }

    @Test
    void all_that_were_told_both_and_kept_their_streams_are_well() {
        for (int client = 0; client < 3; client++) {
            status(client, "unavailable");
            assertThat(watch.seen().clean()).isFalse();
            status(client, "connected");
        }

        assertThat(watch.seen()).isEqualTo(new StatusWatch.Seen(3, 0, 3, 3));
        assertThat(watch.seen().clean()).isTrue();
    }

    @Test
    void a_stream_that_ends_is_lost_though_its_client_comes_back() {
        watch.closed(1, 0);
        watch.opened(1, 0);
        watch.closed(3, 0);

        assertThat(watch.seen().ended()).isEqualTo(1);
        assertThat(watch.seen().clean()).isFalse();
    }

    @Test
    void that_it_is_back_counts_only_for_those_who_knew_that_it_was_away() {
        status(0, "connected");
        status(3, "unavailable");

        assertThat(watch.seen()).isEqualTo(new StatusWatch.Seen(3, 0, 0, 0));
    }

    private void status(int client, String broker) {
        watch.event(client, new StreamEvent("", "carillon.status", "{\"broker\":\"" + broker + "\"}"), 0);
    }
}
