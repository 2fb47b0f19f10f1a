package dev.carillon.base;

/**
 * A failure with a stable {@link ErrorCode}, and a message that may be shown to whoever caused it: it names what was wrong
 * and never carries a secret. Subtypes exist where a caller decides by them.
 */
public class CarillonException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;

    public CarillonException(ErrorCode code, String message) {
        super(message);
        this.code = code;
    }

    public CarillonException(ErrorCode code, String message, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    public ErrorCode code() {
        return code;
    }
}
