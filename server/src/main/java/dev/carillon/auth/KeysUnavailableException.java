package dev.carillon.auth;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;

/** The keys that verify tokens cannot be had at the moment: the same token may be good in some seconds. */
public final class KeysUnavailableException extends CarillonException {
    private static final long serialVersionUID = 1L;

    public KeysUnavailableException(String message) {
        super(ErrorCode.KEYS_UNAVAILABLE, message);
    }
}
