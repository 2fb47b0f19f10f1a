package dev.carillon.fanout;

/** The client has left: there is nobody to write to. */
public final class GoneException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    GoneException() {
        super("the client has left", null, false, false);
    }
}
