package dev.carillon.auth;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;

/** A token that is missing, bad or expired. The message never repeats it. */
public final class RefusedException extends CarillonException {
    private static final long serialVersionUID = 1L;

    private final String hint;

    public RefusedException(ErrorCode code, String message) {
        this(code, message, "");
    }

    /** @param hint for the log alone: what the operator may look at */
    public RefusedException(ErrorCode code, String message, String hint) {
        super(code, message);
        this.hint = hint;
    }

    public String hint() {
        return hint;
    }
}
