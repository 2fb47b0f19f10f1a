package dev.carillon.auth;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;

/** The keys that verify tokens cannot be had at the moment: the same token may be good in some seconds. */
public final class KeysAwayException extends CarillonException {
    private static final long serialVersionUID = 1L;

    public KeysAwayException(String message) {
        super(ErrorCode.KEYS_AWAY, message);
    }
}
