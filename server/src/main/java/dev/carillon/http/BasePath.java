package dev.carillon.http;

import io.undertow.server.HttpServerExchange;

/** The prefix of all paths of a node. */
final class BasePath {
    private BasePath() {}

    /**
     * Removes the base path from the path and the target of a request, so that all handlers see the paths of a node without one.
     *
     * @return false: the path has another prefix
     */
    static boolean strip(HttpServerExchange exchange, String base) {
        if (base.isEmpty() || exchange.getRequestPath().equals("*")) {
            return true;
        }
        String target = exchange.getRequestURI();
        if (exchange.isHostIncludedInRequestURI()) {
            int slash = target.indexOf('/', target.indexOf("://") + 3);
            target = slash < 0 ? "/" : target.substring(slash);
        }
        String path = exchange.getRequestPath();
        if (!isBelow(path, base) || !isBelow(target, base)) {
            return false;
        }
        String rest = rest(path, base);
        exchange.setRequestPath(rest);
        exchange.setRelativePath(rest);
        exchange.setRequestURI(rest(target, base), false);
        exchange.setResolvedPath(base);
        return true;
    }

    private static boolean isBelow(String path, String base) {
        return path.startsWith(base) && (path.length() == base.length() || path.charAt(base.length()) == '/');
    }

    private static String rest(String path, String base) {
        return path.length() == base.length() ? "/" : path.substring(base.length());
    }
}
