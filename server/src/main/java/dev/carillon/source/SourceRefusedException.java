package dev.carillon.source;

/**
 * The server of a source refuses what the source needs: a permission is missing, or a queue exists with other properties. Trying again fails until an operator
 * changes something. The message says what, and has no secret.
 */
public final class SourceRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public SourceRefusedException(String message) {
        super(message);
    }

    public SourceRefusedException(String message, Throwable cause) {
        super(message, cause);
    }
}
