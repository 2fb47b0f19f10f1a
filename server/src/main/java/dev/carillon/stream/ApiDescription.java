package dev.carillon.stream;

import dev.carillon.http.Endpoint;
import dev.carillon.http.StaticFile;
import io.undertow.server.RoutingHandler;
import java.util.regex.Pattern;

/** {@code GET /openapi.yaml}: the description of all routes for clients, which is docs/openapi.yaml. Its version is the release only where clients may know it. */
public final class ApiDescription implements Endpoint {
    private static final String FILE = "openapi.yaml";
    /** In {@code info}, the first member at this depth. */
    private static final Pattern RELEASE = Pattern.compile("(?<=\n {2}version: )\\S+");
    /** Of the interface, as in the subprotocol {@code carillon.v1}. */
    private static final String INTERFACE = "v1";

    private final StaticFile file;

    /**
     * @param basePath prefix of all paths of the node; empty: none
     * @param release whether it contains the release, as health-detail permits
     */
    public ApiDescription(String basePath, boolean release) {
        StaticFile whole = StaticFile.of(ApiDescription.class, FILE);
        StaticFile described = release ? whole : whole.with(RELEASE, INTERFACE);
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
