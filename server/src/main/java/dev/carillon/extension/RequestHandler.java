package dev.carillon.extension;

/** Answers requests. Each call runs on its own virtual thread and may block. */
@FunctionalInterface
public interface RequestHandler {
    /**
     * Answers a request.
     *
     * @throws Exception a {@link dev.carillon.base.CarillonException} is answered with its code; any other exception is logged and answered with
     *     500
     */
    Response handle(Request request) throws Exception;
}
