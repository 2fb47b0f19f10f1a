package dev.carillon.extension;

/** Decides about requests for a stream. Called on a virtual thread for each: it may block. */
@FunctionalInterface
public interface StreamHandler {
    /**
     * Names the scopes of one.
     *
     * @throws Exception a {@link dev.carillon.base.CarillonException} refuses the stream with its code; any other is logged and answered with 500
     */
    StreamOpening open(Request request) throws Exception;
}
