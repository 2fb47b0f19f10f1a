package dev.carillon.client;

import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Reads of the log, one request each; a second one at the next node if the first is not reachable or unavailable. Thread-safe. */
final class Reading {
    private static final int OK = 200;
    private static final int UNAVAILABLE = 503;

    private final Connector connector;

    Reading(Connector connector) {
        this.connector = connector;
    }

    String position(List<String> scopes) throws InterruptedException {
        return Json.required(get("position", parameters(scopes)), "cursor");
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
        String resource = path + "?" + String.join("&", parameters);
        URI node = connector.node();
        try {
            return get(node, resource);
        } catch (ClientException e) {
            if (!e.code().equals(ClientException.UNREACHABLE) && e.status() != UNAVAILABLE) {
                throw e;
            }
            connector.avoid(node);
            URI next = connector.node();
            if (next.equals(node)) {
                throw e;
            }
            return get(next, resource);
        }
    }

    private Map<?, ?> get(URI node, String resource) throws InterruptedException {
        HttpResponse<String> response = connector.send(
                HttpRequest.newBuilder(node.resolve(resource)),
                connector.token(),
                HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != OK) {
            throw Connector.problem(response, response.body());
        }
        return Json.answer(response.body(), FeedEvent.DATA);
    }
}
