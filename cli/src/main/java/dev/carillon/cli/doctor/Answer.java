package dev.carillon.cli.doctor;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.carillon.base.Text;
import java.net.http.HttpHeaders;
import java.time.Duration;
import java.time.Instant;

/**
 * The answer to a request.
 *
 * @param version of HTTP
 * @param middle the time between the request and its answer, by the clock of this machine
 * @param taken between the two
 */
record Answer(int status, String version, HttpHeaders headers, String body, Instant middle, Duration taken) {
    private static final JsonMapper JSON = new JsonMapper();
    private static final int SHOWN = 150;

    String header(String name) {
        return headers.firstValue(name).orElse("");
    }

    /** Missing: the body is no JSON. */
    JsonNode json() {
        return json(body);
    }

    static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            return MissingNode.getInstance();
        }
    }

    /** The code of a problem; empty: it is none. */
    String code() {
        return json().path("code").asText("");
    }

    /** Status, and code and detail of a problem. */
    String said() {
        JsonNode problem = json();
        return status
                + (problem.path("code").isTextual()
                        ? " " + Text.printable(problem.path("code").asText(), SHOWN) + " ("
                                + Text.printable(problem.path("detail").asText(), SHOWN) + ")"
                        : "");
    }

    long millis() {
        return taken.toMillis();
    }
}
