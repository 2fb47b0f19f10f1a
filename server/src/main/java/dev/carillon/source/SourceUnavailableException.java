package dev.carillon.source;

/** The server of a source does not answer, or the session ended. Trying again may succeed. The message has no secret. */
public final class SourceUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public SourceUnavailableException(String message) {
        super(message);
    }

    public SourceUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
