package dev.carillon.broker;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;

/** The limit of waiting requests or stored data is reached; the request had no effect. */
public final class OverloadedException extends CarillonException {
    private static final long serialVersionUID = 1L;

    public OverloadedException(String message) {
        super(ErrorCode.OVERLOADED, message);
    }
}
