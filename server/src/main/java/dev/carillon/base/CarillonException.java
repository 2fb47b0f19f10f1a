package dev.carillon.base;

/**
 * A failure with a stable {@link ErrorCode}. The message may be shown to the client that caused the failure: it names the problem and never
 * contains a secret. A subtype exists where a caller decides by it.
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
