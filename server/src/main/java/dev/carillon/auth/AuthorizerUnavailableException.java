package dev.carillon.auth;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;

/** The application that decides about tokens does not answer at present. The same request may be accepted some seconds later. */
public final class AuthorizerUnavailableException extends CarillonException {
    private static final long serialVersionUID = 1L;

    public AuthorizerUnavailableException(String message) {
        super(ErrorCode.AUTHORIZER_UNAVAILABLE, message);
    }
}
