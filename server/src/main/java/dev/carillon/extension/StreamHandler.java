package dev.carillon.extension;

/** Answers requests for a stream. Each call runs on its own virtual thread and may block. */
@FunctionalInterface
public interface StreamHandler {
    /**
     * Returns the scopes of the stream.
     *
     * @throws Exception a {@link dev.carillon.base.CarillonException} refuses the stream with its code; any other exception is logged and
     *     answered with 500
     */
    StreamOpening open(Request request) throws Exception;
}
