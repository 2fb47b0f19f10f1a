package dev.carillon.source.intake;

/** A message can never become an event. The text says why, without the content of the message. */
final class RefusedMessageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    RefusedMessageException(String reason) {
        super(reason);
    }

    RefusedMessageException(String reason, Throwable cause) {
        super(reason, cause);
    }
}
