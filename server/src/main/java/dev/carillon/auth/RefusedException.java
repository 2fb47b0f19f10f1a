package dev.carillon.auth;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;

/** A token that is missing, bad or expired. The message never repeats it. */
public final class RefusedException extends CarillonException {
    private static final long serialVersionUID = 1L;

    public RefusedException(ErrorCode code, String message) {
        super(code, message);
    }
}
