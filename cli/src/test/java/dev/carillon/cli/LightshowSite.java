package dev.carillon.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;

/** A base address of the light show, and who may light it. */
record LightshowSite(String url, String token) {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    /** For a phone's page: keeps every light that the page knew of, and every colour that its screen showed. */
    static final String RECORD = """
            window.seen = [];
            window.painted = [];
            addEventListener('DOMContentLoaded', () => {
              const root = document.documentElement;
              new MutationObserver(() => root.dataset.light && seen.push(root.dataset.light))
                .observe(root, { attributeFilter: ['data-light'] });
              new MutationObserver(() => painted.push(root.style.getPropertyValue('--light')))
                .observe(root, { attributeFilter: ['style'] });
            });
            """;

    void light(String group, String colour) {
        ObjectNode data = JsonNodeFactory.instance.objectNode();
        data.put("to", group).put("color", colour);
        send(group, "light", data.toString(), true);
    }

    /** As at the first evening: one light is retained, for everyone. */
    void allDark() {
        List.of("contributors", "years/1", "years/5", "years/10", "years/20").forEach(this::forget);
        light("everyone", "#000000");
    }

    /** Nothing is retained for the group from now on. */
    void forget(String group) {
        send(group, "light", "", true);
    }

    void send(String group, String type, String data, boolean retain) {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        body.put("scope", "topic:lightshow/" + group)
                .put("type", type)
                .put("data", data)
                .put("retain", retain);
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/broadcast"))
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                .build();
        try {
            HttpResponse<String> response = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() != 200) {
                throw new AssertionError(response.statusCode() + " " + response.body());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
