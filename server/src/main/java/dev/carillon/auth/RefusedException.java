package dev.carillon.auth;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;

/** The token is missing, invalid or expired. The message does not contain the token, and may be shown to the client. */
public final class RefusedException extends CarillonException {
    private static final long serialVersionUID = 1L;

    private final String hint;

    public RefusedException(ErrorCode code, String message) {
        this(code, message, "");
    }

    /** @param hint possible cause, for the operator's log only; empty: none */
    public RefusedException(ErrorCode code, String message, String hint) {
        super(code, message);
        this.hint = hint;
    }

    /** Possible cause for the operator's log, not for the client; empty: none. */
    public String hint() {
        return hint;
    }
}
