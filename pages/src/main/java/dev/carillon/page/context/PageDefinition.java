package dev.carillon.page.context;

import dev.carillon.page.Middleware;
import dev.carillon.page.Page;
import dev.carillon.page.markup.PageProtocol;
import java.util.List;
import java.util.function.Consumer;

/**
 * A page of an application.
 *
 * @param pattern path with parameters, without the base path
 * @param middleware of its groups, the outermost first
 * @param protocol between the page and its script
 */
public record PageDefinition(String pattern, Consumer<Page> build, List<Middleware> middleware, PageProtocol protocol) {
    public PageDefinition {
        middleware = List.copyOf(middleware);
    }
}
