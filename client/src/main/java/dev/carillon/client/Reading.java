package dev.carillon.client;

import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Reads of the log, one request each. Thread-safe. */
final class Reading {
    private static final int OK = 200;

    private final Connector connector;

    Reading(Connector connector) {
        this.connector = connector;
    }

    String position(List<String> scopes) throws InterruptedException {
        return Objects.requireNonNullElse(Json.text(get("position", parameters(scopes)), "cursor"), "");
    }

    /** @param after empty: from the first event that is stored */
    HistoryPage history(List<String> scopes, String after, int limit) throws InterruptedException {
        List<String> parameters = parameters(scopes);
        if (!after.isEmpty()) {
            parameters.add(parameter("after", after));
        }
        parameters.add(parameter("limit", Integer.toString(limit)));
        return HistoryPage.of(get("history", parameters));
    }

    private static List<String> parameters(List<String> scopes) {
        List<String> parameters = new ArrayList<>();
        scopes.forEach(scope -> parameters.add(parameter("scope", scope)));
        return parameters;
    }

    private static String parameter(String name, String value) {
        return name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    private Map<?, ?> get(String path, List<String> parameters) throws InterruptedException {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(connector.node().resolve(path + "?" + String.join("&", parameters)));
        HttpResponse<String> response =
                connector.send(request, connector.token(), HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != OK) {
            throw Connector.problem(response, response.body());
        }
        return Json.readObject(response.body(), FeedEvent.DATA);
    }
}
