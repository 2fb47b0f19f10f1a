package dev.carillon.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.carillon.cli.doctor.StubServer;
import dev.carillon.cli.doctor.StubServer.Reply;
import dev.carillon.cli.doctor.StubServer.Request;
import dev.carillon.node.TestCluster;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** {@code doctor} at servers whose answers no node gives. */
class DoctorAnswersIT extends DoctorFixture {
    private static final Reply OK = Reply.json(200, "{\"status\":\"ok\"}");
    private static final Reply POSITION = Reply.json(200, "{\"cursor\":\"c\"}");

    /** In a problem, in a type, and in an event; also where only its beginning is shown. */
    @Test
    void token_that_a_server_repeats_is_not_printed_even_in_part() throws Exception {
        String token = TestCluster.token();
        String problem = "{\"status\":403,\"code\":\"TOKEN\",\"detail\":\"" + "y".repeat(100) + "TOKEN\"}";
        Function<Request, Reply> refusing = request -> Reply.json(403, problem.replace("TOKEN", token(request)));
        Function<Request, Reply> typed = request -> switch (request.path()) {
            case "/_health" -> OK;
            case "/position" -> POSITION;
            case "/events" -> new Reply(200, "text/" + token(request), "", Map.of());
            default -> refusing.apply(request);
        };
        Function<Request, Reply> streaming = request -> request.path().equals("/events")
                ? new Reply(
                        200,
                        "text/event-stream",
                        "event: carillon.open\ndata: {\"node\":\"" + token(request) + "\"}\n\n",
                        Map.of("Set-Cookie", token(request) + "=1"))
                : typed.apply(request);

        for (Function<Request, Reply> answers : List.of(refusing, typed, streaming)) {
            String url = own(new StubServer(answers)).url();
            CommandRun run = answers.equals(typed) ? doctor(url, token, "--json") : doctor(url, token);

            assertThat(run.out()).contains("(hidden)");
            for (int i = 0; i + 16 <= token.length(); i++) {
                assertThat(run.out()).doesNotContain(token.substring(i, i + 16));
            }
        }
    }

    @Test
    void token_is_not_sent_to_another_server() throws Exception {
        StubServer other = own(new StubServer(request -> OK));
        StubServer server = own(new StubServer(
                request -> new Reply(307, "text/plain", "", Map.of("Location", other.url() + request.path()))));

        CommandRun run = doctor(server.url(), TestCluster.token());

        assertThat(line(run, "health")).startsWith("fail /_health answers 307");
        assertThat(other.paths()).isEmpty();
    }

    @Test
    void token_is_refused_only_by_an_answer_that_says_so() throws Exception {
        assertThat(token(Reply.json(401, "{\"status\":401,\"code\":\"token-invalid\",\"detail\":\"d\"}")))
                .startsWith("fail refused: 401 token-invalid (d)");
        assertThat(token(Reply.json(503, "{\"status\":503,\"code\":\"broker-unavailable\",\"detail\":\"d\"}")))
                .startsWith(
                        "fail /position is answered 503 broker-unavailable (d): whether the client is let in is not known");
        assertThat(token(Reply.json(429, "{\"status\":429,\"code\":\"rate-limited\",\"detail\":\"d\"}")))
                .startsWith("skip not checked: /position is answered 429 rate-limited (d)");
        assertThat(token(new Reply(200, "text/html", "<html>", Map.of())))
                .startsWith("fail /position is answered 200, which is not Carillon's answer");
    }

    private String token(Reply position) throws IOException {
        StubServer server = own(new StubServer(request -> request.path().equals("/position") ? position : OK));
        return line(doctor(server.url(), TestCluster.token()), "token");
    }

    private static String token(Request request) {
        return request.authorization().replaceFirst("^Bearer ", "");
    }
}
