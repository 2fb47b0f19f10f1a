package dev.carillon.extension;

import dev.carillon.auth.Grants;
import java.util.List;
import java.util.Optional;

/** A request of a client, with its body. Valid only during the call of its handler, on the thread of that call. */
public interface Request {
    /** Maximum size of a body in bytes; a larger body is refused with {@code too-large}. */
    int MAX_BODY_BYTES = 1024 * 1024;

    String method();

    /** Decoded, without the query. */
    String path();

    /** @throws IllegalArgumentException when the path of the handler has no such parameter */
    String pathParameter(String name);

    /** The query as it was sent, without the question mark; empty: none. */
    String query();

    /**
     * A parameter of the query, decoded.
     *
     * @throws dev.carillon.base.CarillonException {@code invalid-request} when the parameter is repeated
     */
    Optional<String> parameter(String name);

    /** All values of a parameter of the query, decoded. */
    List<String> parameters(String name);

    /** The first value of a header; the name is case-insensitive. */
    Optional<String> header(String name);

    /** The origin of this site as the client addressed it, such as {@code https://app.example.com}; proxies that the node trusts are considered. */
    String siteOrigin();

    /**
     * The value of a cookie that {@link Response#cookie} has set, decoded; the prefix of its name is added. Empty also for a cookie with bytes that
     * cookies cannot have.
     */
    Optional<String> cookie(String name);

    /** A copy of the body; empty when there is none. */
    byte[] body();

    /** The body, read as UTF-8. */
    String text();

    /**
     * The grants of the token of the request; blocks until the token is verified. Without a token, the grants of anonymous clients if the node
     * allows them.
     *
     * @throws dev.carillon.base.CarillonException when the token is refused, or it came in a cookie from a page that may not use it
     */
    Grants grants();

    /**
     * The handle of the session of the browser, from its cookie. A browser without a session, or with the session of another user, receives a new
     * session with the answer.
     *
     * @throws dev.carillon.base.CarillonException as {@link #grants()} when there is a token
     */
    String session();
}
