package dev.carillon.extension;

import dev.carillon.auth.Grants;
import java.util.List;
import java.util.Optional;

/** A request of a client, with its body. Valid during the call that it is given to, on that call's thread. */
public interface Request {
    /** Bytes of a body; a longer one is refused with {@code too-large}. */
    int MAX_BODY_BYTES = 1024 * 1024;

    String method();

    /** Decoded, without the query. */
    String path();

    /** @throws IllegalArgumentException when the handler's path has no such parameter */
    String pathParameter(String name);

    /**
     * A parameter of the query, decoded.
     *
     * @throws dev.carillon.base.CarillonException {@code invalid-request}: it is given more than once
     */
    Optional<String> parameter(String name);

    /** All values of a parameter of the query, decoded. */
    List<String> parameters(String name);

    /** The first value of a header; its name is not case-sensitive. */
    Optional<String> header(String name);

    /** Empty where there is none. */
    byte[] body();

    /** The body, read as UTF-8. */
    String text();

    /**
     * What the request's token grants; blocks until it is verified. Without a token what anonymous clients may do, where the node takes them.
     *
     * @throws dev.carillon.base.CarillonException the token is refused; or it came in a cookie, and the page may not change anything here
     */
    Grants grants();

    /**
     * The handle of the browser's session, by its cookie. A browser without one gets it with the answer, and so does one whose session is another
     * user's.
     *
     * @throws dev.carillon.base.CarillonException as {@link #grants()}, where there is a token
     */
    String session();
}
