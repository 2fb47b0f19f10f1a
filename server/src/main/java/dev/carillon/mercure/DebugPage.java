package dev.carillon.mercure;

import dev.carillon.http.StaticFile;
import io.undertow.server.RoutingHandler;
import io.undertow.util.Headers;
import io.undertow.util.StatusCodes;
import java.util.List;

/**
 * The debugging page at {@code /.well-known/mercure/ui/}: discovers the hub, subscribes, publishes, lists active subscriptions and shows
 * the hub's answers. It has no rights of its own: the hub checks the token that is entered. It does reveal to every visitor that a hub
 * exists.
 */
public final class DebugPage {
    public static final String PATH = MercureHub.PATH + "/ui/";

    private static final List<String> FILES = List.of("debug.css", "debug.js", "icon.svg");

    private DebugPage() {}

    static void addTo(RoutingHandler routes, String base) {
        routes.get(PATH, file("debug.html", base));
        FILES.forEach(file -> routes.get(PATH + file, file(file, base)));
        // The path without the final slash.
        routes.get(PATH.substring(0, PATH.length() - 1), exchange -> {
            exchange.setStatusCode(StatusCodes.PERMANENT_REDIRECT);
            exchange.getResponseHeaders().put(Headers.LOCATION, base + PATH);
            exchange.endExchange();
        });
    }

    private static StaticFile file(String name, String base) {
        return StaticFile.of(DebugPage.class, name).under(base).linking(MercureHub.link(base));
    }
}
