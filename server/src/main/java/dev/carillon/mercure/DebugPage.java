package dev.carillon.mercure;

import dev.carillon.http.StaticFile;
import io.undertow.server.RoutingHandler;
import io.undertow.util.Headers;
import io.undertow.util.StatusCodes;
import java.util.List;

/**
 * The page for debugging at {@code /.well-known/mercure/ui/}: discovers, subscribes, publishes, lists active subscriptions, and shows what the hub answers. It may do
 * nothing that any client may not, by whatever token is filled in; whoever can see it can see what the hub is and where.
 */
public final class DebugPage {
    public static final String PATH = MercureHub.PATH + "/ui/";

    private static final List<String> FILES = List.of("debug.css", "debug.js", "icon.svg");

    private DebugPage() {}

    /** Serves it. */
    static void addTo(RoutingHandler routes) {
        routes.get(PATH, file("debug.html"));
        FILES.forEach(file -> routes.get(PATH + file, file(file)));
        // For who leaves the last slash out.
        routes.get(PATH.substring(0, PATH.length() - 1), exchange -> {
            exchange.setStatusCode(StatusCodes.PERMANENT_REDIRECT);
            exchange.getResponseHeaders().put(Headers.LOCATION, PATH);
            exchange.endExchange();
        });
    }

    private static StaticFile file(String name) {
        return StaticFile.of(DebugPage.class, name).linking(MercureHub.LINK);
    }
}
