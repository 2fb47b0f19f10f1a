package dev.carillon.broker;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;

/**
 * The broker did not answer in time, or there is no connection to it. A request that had been sent may have taken effect: a broadcast can
 * be repeated safely with the same id. A request made while there was no connection was never sent.
 */
public final class BrokerUnavailableException extends CarillonException {
    private static final long serialVersionUID = 1L;

    public BrokerUnavailableException(String message) {
        super(ErrorCode.BROKER_UNAVAILABLE, message);
    }

    public BrokerUnavailableException(String message, Throwable cause) {
        super(ErrorCode.BROKER_UNAVAILABLE, message, cause);
    }
}
