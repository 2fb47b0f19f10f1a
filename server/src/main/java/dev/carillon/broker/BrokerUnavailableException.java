package dev.carillon.broker;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;

/**
 * The broker did not answer in time, or there is no connection to it. What was asked may have happened if it had been sent:
 * a broadcast is repeated safely with the same id. What was asked while there was no connection has not happened and never
 * will.
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
