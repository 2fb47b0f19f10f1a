package dev.carillon.page.http;

import dev.carillon.extension.Response;
import dev.carillon.page.Middleware;
import dev.carillon.page.PageRequest;
import java.util.List;

/** Runs middleware around the answer of a page. */
final class MiddlewareChain {
    private MiddlewareChain() {}

    /** @param page what answers after the last middleware */
    static Response answer(List<Middleware> middleware, PageRequest request, Middleware.Next page) throws Exception {
        return middleware.isEmpty()
                ? page.proceed()
                : middleware
                        .getFirst()
                        .handle(request, once(() -> answer(middleware.subList(1, middleware.size()), request, page)));
    }

    /** An action must not run twice. */
    private static Middleware.Next once(Middleware.Next next) {
        boolean[] called = new boolean[1];
        return () -> {
            if (called[0]) {
                throw new IllegalStateException("middleware calls the next one at most once");
            }
            called[0] = true;
            return next.proceed();
        };
    }
}
