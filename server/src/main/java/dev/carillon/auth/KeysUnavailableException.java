package dev.carillon.auth;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;

/** The keys that verify tokens are unavailable at present. The same token may be accepted some seconds later. */
public final class KeysUnavailableException extends CarillonException {
    private static final long serialVersionUID = 1L;

    public KeysUnavailableException(String message) {
        super(ErrorCode.KEYS_UNAVAILABLE, message);
    }
}
