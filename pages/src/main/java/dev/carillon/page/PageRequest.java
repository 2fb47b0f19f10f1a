package dev.carillon.page;

import dev.carillon.extension.Response;
import java.util.Optional;

/** A request to a page. Valid only until it is answered, on its own thread. */
public interface PageRequest {
    /** What is requested. */
    enum Kind {
        PAGE,
        ACTION,
        /** An action with files. */
        UPLOAD
    }

    Kind kind();

    /** The path of the page, without the base path. Of an action, that of its page. */
    String path();

    /** A parameter of the path of the page, such as {@code id} of {@code /rooms/{id}}; empty: the path has no such parameter. */
    Optional<String> path(String name);

    /** A parameter of the query; empty for actions. */
    Optional<String> parameter(String name);

    Optional<String> header(String name);

    /** A cookie that {@link Page#setCookie} or {@link Response#cookie} has set. */
    Optional<String> cookie(String name);

    /** The user of the token; empty for anonymous clients. */
    Optional<String> user();

    /** The origin of this site as the browser addressed it, such as {@code https://app.example.com}. */
    String siteOrigin();

    /** A value of the browser's session. */
    <T> Stored<T> session(SessionValue<T> value);

    /**
     * Sets an attribute of this request, for later middleware, the page and its actions. It is gone when the request has been answered.
     *
     * @throws IllegalArgumentException when the value breaks the rule of its type, or there are more than 50 attributes, or all together exceed
     *     2 KiB when they are URL-encoded
     */
    <T> void set(RequestAttribute<T> attribute, T value);

    /** An attribute of this request; empty: it is not set. */
    <T> Optional<T> attribute(RequestAttribute<T> attribute);

    /**
     * An answer that leads the browser to another page, as {@link Page#redirect}.
     *
     * @throws IllegalArgumentException for a place that is not permitted
     */
    Response redirect(String path);
}
