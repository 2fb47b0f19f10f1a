package dev.carillon.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.base.Platform;
import dev.carillon.edge.Networks;
import dev.carillon.secret.Secrets;
import io.undertow.Undertow;
import io.undertow.util.Headers;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SessionsIT {
    private static final Duration MAX_AGE = Duration.ofHours(10);

    private final HttpClient client = HttpClient.newHttpClient();
    private volatile Instant now = Instant.ofEpochSecond(1_800_000_000);
    private Undertow server = serve("a secret of the tests");

    /** @param cookie the cookie that was set; null: none */
    private record Answer(
            String handle, @Nullable String known, @Nullable String cookie) {
        String pair() {
            String set = String.valueOf(cookie);
            return set.substring(0, set.indexOf(';'));
        }
    }

    @BeforeEach
    void start() {
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop();
        client.close();
    }

    @Test
    void cookie_has_an_expiry_and_is_http_only() throws Exception {
        assertThat(ask(null, null).cookie())
                .startsWith("carillon_session=")
                .endsWith("; Path=/; Max-Age=36000; HttpOnly; SameSite=Lax");
    }

    @Test
    void session_lasts_while_used_and_its_cookie_is_renewed_after_a_tenth_of_its_lifetime() throws Exception {
        Answer first = ask(null, null);

        now = now.plus(MAX_AGE.dividedBy(10)).minusSeconds(1);
        Answer soon = ask(first.pair(), null);
        now = now.plusSeconds(1);
        Answer renewed = ask(first.pair(), null);
        now = now.plus(MAX_AGE).minusSeconds(1);
        Answer late = ask(renewed.pair(), null);
        Answer tooLate = ask(first.pair(), null);

        assertThat(soon.handle()).isEqualTo(first.handle());
        assertThat(soon.cookie()).isNull();
        assertThat(renewed.handle()).isEqualTo(first.handle());
        assertThat(renewed.pair()).isNotEqualTo(first.pair());
        assertThat(late.handle()).isEqualTo(first.handle());
        assertThat(tooLate.handle()).isNotEqualTo(first.handle());
        assertThat(tooLate.known()).isNull();
    }

    @Test
    void signing_in_or_out_or_changing_the_user_starts_a_new_session() throws Exception {
        Answer anonymous = ask(null, null);
        Answer ann = ask(anonymous.pair(), "ann");
        Answer annAgain = ask(ann.pair(), "ann");
        Answer bob = ask(ann.pair(), "bob");
        Answer signedOut = ask(ann.pair(), null);
        Answer beside = ask(anonymous.pair() + "; " + ann.pair(), null);
        Answer besideAnn = ask(anonymous.pair() + "; " + ann.pair(), "ann");

        assertThat(ann.handle()).isNotEqualTo(anonymous.handle());
        assertThat(ann.known()).isNull();
        assertThat(annAgain.handle()).isEqualTo(ann.handle());
        assertThat(annAgain.known()).isEqualTo(ann.handle());
        assertThat(annAgain.cookie()).isNull();
        assertThat(bob.handle()).isNotEqualTo(ann.handle());
        assertThat(bob.known()).isNull();
        assertThat(signedOut.handle()).isNotIn(ann.handle(), anonymous.handle());
        assertThat(signedOut.known()).isNull();
        assertThat(beside.handle()).as("a page without a token").isEqualTo(anonymous.handle());
        assertThat(besideAnn.handle()).as("beside one with a token").isEqualTo(ann.handle());
    }

    @Test
    void changed_time_user_or_signature_gives_another_session() throws Exception {
        Answer first = ask(null, "ann");
        String[] parts =
                first.pair().substring("carillon_session_user=".length()).split("\\.", -1);
        for (String forged : List.of(
                parts[0] + "." + parts[1] + ".0." + parts[3],
                parts[0] + ".zzzzzz." + parts[2] + "." + parts[3],
                parts[0] + "." + parts[1] + "." + parts[2] + "." + parts[3].substring(1) + "A",
                parts[0] + "." + parts[3],
                "",
                "....")) {
            assertThat(ask("carillon_session_user=" + forged, "ann").handle())
                    .as(forged)
                    .isNotEqualTo(first.handle());
        }
    }

    @Test
    void cookie_of_a_secret_that_is_being_replaced_is_signed_again_and_the_session_stays() throws Exception {
        Answer first = ask(null, "ann");
        restart("another secret of tests", "a secret of the tests");
        Answer renewed = ask(first.pair(), "ann");
        Answer again = ask(renewed.pair(), "ann");
        restart("another secret of tests");
        Answer afterwards = ask(renewed.pair(), "ann");

        assertThat(renewed.handle()).isEqualTo(first.handle());
        assertThat(renewed.cookie()).isNotNull();
        assertThat(again.cookie()).isNull();
        assertThat(afterwards.handle()).isEqualTo(first.handle());
        assertThat(ask(first.pair(), "ann").handle()).isNotEqualTo(first.handle());
    }

    private void restart(String... secrets) {
        server.stop();
        server = serve(secrets);
        server.start();
    }

    private Answer ask(@Nullable String cookie, @Nullable String user) throws IOException, InterruptedException {
        int port = ((InetSocketAddress) server.getListenerInfo().getFirst().getAddress()).getPort();
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port));
        if (cookie != null) {
            request.header("Cookie", cookie);
        }
        if (user != null) {
            request.header("User", user);
        }
        HttpResponse<String> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        String[] words = answer.body().split(" ", -1);
        return new Answer(
                words[0],
                words[1].equals("null") ? null : words[1],
                answer.headers().firstValue("Set-Cookie").orElse(null));
    }

    private Undertow serve(String... secrets) {
        Sessions sessions = new Sessions(
                new HttpConfig(
                        false,
                        MAX_AGE,
                        new Secrets(List.of(secrets)),
                        Networks.NONE,
                        List.of(),
                        false,
                        false,
                        SiteConfig.DEFAULT),
                () -> now,
                Platform.system().secureRandom());
        return Undertow.builder()
                .addHttpListener(0, "127.0.0.1", exchange -> {
                    String user = exchange.getRequestHeaders().getFirst("User");
                    Sessions.Session session = sessions.of(exchange, user);
                    if (session.setCookie() != null) {
                        exchange.getResponseHeaders().put(Headers.SET_COOKIE, session.setCookie());
                    }
                    exchange.getResponseSender().send(session.handle() + " " + sessions.known(exchange, user));
                })
                .build();
    }
}
