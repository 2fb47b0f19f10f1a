package dev.carillon.broker;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;

/** A bound on what may wait is reached; nothing was done. */
public final class OverloadedException extends CarillonException {
    private static final long serialVersionUID = 1L;

    public OverloadedException(String message) {
        super(ErrorCode.OVERLOADED, message);
    }
}
