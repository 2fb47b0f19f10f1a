package dev.carillon.lab.simulation.page;

import dev.carillon.auth.Grants;
import dev.carillon.extension.Request;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A request of a tab, of an anonymous client.
 *
 * @param parameters of the path
 * @param headers by their names in lower case
 */
record TabRequest(
        String method, String path, Map<String, String> parameters, Map<String, String> headers, String session)
        implements Request {
    TabRequest {
        parameters = Map.copyOf(parameters);
        headers = Map.copyOf(headers);
    }

    @Override
    public String pathParameter(String name) {
        String value = parameters.get(name);
        if (value == null) {
            throw new IllegalArgumentException("the path has no parameter " + name);
        }
        return value;
    }

    @Override
    public String query() {
        return "";
    }

    @Override
    public Optional<String> parameter(String name) {
        return Optional.empty();
    }

    @Override
    public List<String> parameters(String name) {
        return List.of();
    }

    @Override
    public Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name.toLowerCase(Locale.ROOT)));
    }

    @Override
    public String siteOrigin() {
        return "https://app.example.com";
    }

    @Override
    public Optional<String> cookie(String name) {
        return Optional.empty();
    }

    @Override
    public byte[] body() {
        return new byte[0];
    }

    @Override
    public String text() {
        return "";
    }

    @Override
    public Grants grants() {
        return Grants.ANONYMOUS;
    }
}
