package dev.carillon.stream;

import dev.carillon.http.Endpoint;
import dev.carillon.http.StaticFile;
import io.undertow.server.RoutingHandler;

/** {@code GET /openapi.yaml}: the description of all routes for clients, which is docs/openapi.yaml. */
public final class ApiDescription implements Endpoint {
    private static final String FILE = "openapi.yaml";

    private final StaticFile file;

    /** @param basePath prefix of all paths of the node; empty: none */
    public ApiDescription(String basePath) {
        StaticFile described = StaticFile.of(ApiDescription.class, FILE);
        this.file = (basePath.isEmpty()
                        ? described
                        : described.with("\nservers:\n  - url: /\n", "\nservers:\n  - url: " + basePath + "\n"))
                .shared();
    }

    @Override
    public void addTo(RoutingHandler routes) {
        routes.get("/" + FILE, file);
    }
}
