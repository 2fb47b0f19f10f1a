package dev.carillon.broker;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;

/**
 * The broker did not answer in time, or there is no connection to it. What was asked may have happened if it had been sent:
 * a broadcast is repeated safely with the same id. What was asked while there was no connection has not happened and never
 * will.
 */
public final class BrokerAwayException extends CarillonException {
    private static final long serialVersionUID = 1L;

    public BrokerAwayException(String message) {
        super(ErrorCode.BROKER_AWAY, message);
    }

    public BrokerAwayException(String message, Throwable cause) {
        super(ErrorCode.BROKER_AWAY, message, cause);
    }
}
