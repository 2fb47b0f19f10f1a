package dev.carillon.extension;

/** Answers requests. Called on a virtual thread for each: it may block. */
@FunctionalInterface
public interface RequestHandler {
    /**
     * Answers one.
     *
     * @throws Exception a {@link dev.carillon.base.CarillonException} is answered with its code; any other is logged and answered with 500
     */
    Response handle(Request request) throws Exception;
}
