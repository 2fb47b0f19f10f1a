package dev.carillon.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.cli.doctor.ConnectionCheck.Failure;
import dev.carillon.cli.doctor.WebSocketCheck.Outcome;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the checks say of what they saw. */
class JudgementTest {
    private static final String ORIGIN = "https://events.example.com";

    @Test
    void parts_of_a_token_are_hidden_wherever_they_are() {
        String token = "abcdefghijklmnopqrstuvwxyz0123456789";
        Redaction redaction = new Redaction(Optional.of(token));

        assertThat(redaction.received("a " + token + ", " + token.substring(0, 16) + " and " + token.substring(9)))
                .isEqualTo("a (hidden), (hidden) and (hidden)");
        assertThat(redaction.received(token + token)).doesNotContain("abc", "789");
        assertThat(redaction.received("abcdefghijklmno")).isEqualTo("abcdefghijklmno");
        assertThat(new Redaction(Optional.empty()).printed("text")).isEqualTo("text");
    }

    @Test
    void short_token_is_hidden_only_where_text_is_printed() {
        Redaction redaction = new Redaction(Optional.of("ok"));

        assertThat(redaction.received("{\"status\":\"ok\"}")).isEqualTo("{\"status\":\"ok\"}");
        assertThat(redaction.printed("health is ok")).isEqualTo("health is (hidden)");
    }

    @Test
    void only_a_refused_origin_shows_that_nodes_do_not_know_the_scheme() {
        assertThat(WebSocketCheck.refused(ORIGIN, new Outcome(403, "origin-refused", ""))
                        .status())
                .isEqualTo(Finding.Status.FAIL);
        for (Outcome other : List.of(
                new Outcome(429, "too-many-requests", ""), new Outcome(503, "", ""), new Outcome(403, "", ""))) {
            Finding finding = WebSocketCheck.refused(ORIGIN, other);

            assertThat(finding.status()).isEqualTo(Finding.Status.SKIP);
            assertThat(finding.message()).contains("refused with " + other.status());
        }
    }

    @Test
    void event_is_late_a_second_after_the_answers_of_other_requests() {
        Duration roundTrip = Duration.ofMillis(300);

        assertThat(BroadcastTrial.isLate(Duration.ofMillis(1_300), roundTrip)).isFalse();
        assertThat(BroadcastTrial.isLate(Duration.ofMillis(1_301), roundTrip)).isTrue();
    }

    @Test
    void closed_address_is_a_warning_unless_only_this_machine_does_not_reach_it() throws Exception {
        Failure loopback = failure("::1", "Connection refused");
        Failure unreachable = failure("2001:db8::1", "Network is unreachable");
        Failure closed = failure("192.0.2.1", "Connection refused");

        assertThat(ConnectionCheck.addresses("h", 1, List.of(loopback, unreachable), 0))
                .isEqualTo(Finding.ok(
                        "address",
                        "h accepts connections, and this machine does not reach 0:0:0:0:0:0:0:1 (Connection refused), "
                                + "2001:db8:0:0:0:0:0:1 (Network is unreachable)"));
        assertThat(ConnectionCheck.addresses("h", 3, List.of(unreachable, closed), 2))
                .isEqualTo(Finding.warn(
                        "address",
                        "some addresses of h cannot be reached: 192.0.2.1 (Connection refused); 2 further addresses were not tried",
                        "remove them from the DNS or open them: some clients use them first"));
    }

    private static Failure failure(String address, String message) throws UnknownHostException {
        return new Failure(InetAddress.getByName(address), message);
    }
}
