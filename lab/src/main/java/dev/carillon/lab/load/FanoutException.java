package dev.carillon.lab.load;

/** A {@link Fanout} could not be begun, or could not go on; its message says what to do. */
public final class FanoutException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    FanoutException(String message) {
        super(message);
    }
}
