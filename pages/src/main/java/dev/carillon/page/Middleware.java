package dev.carillon.page;

import dev.carillon.extension.Response;

/**
 * Runs around every request to the pages of a group: loads of a page, actions and uploads, not the stream. Called on a virtual thread, on the node that
 * the request reached, and may block.
 */
@FunctionalInterface
public interface Middleware {
    /**
     * Answers a request, by the next middleware or on its own.
     *
     * @param next the next middleware or the page; to be called at most once, on the same thread
     * @throws Exception a {@link dev.carillon.base.CarillonException} is shown to the user; any other exception is logged and answered with 500
     */
    Response handle(PageRequest request, Next next) throws Exception;

    /** The rest of the answer to a request. */
    @FunctionalInterface
    interface Next {
        /** The answer, to which headers and cookies can be added. */
        Response proceed() throws Exception;
    }
}
