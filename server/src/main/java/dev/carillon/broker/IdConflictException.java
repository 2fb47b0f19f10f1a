package dev.carillon.broker;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;

/** The id or idempotency key was used for another event in the same scopes within {@link BrokerOptions#ID_WINDOW}. */
public final class IdConflictException extends CarillonException {
    private static final long serialVersionUID = 1L;

    IdConflictException(String kind, String value) {
        super(
                ErrorCode.ID_CONFLICT,
                kind + " \"" + Text.printable(value, 100) + "\": was used for another event in these scopes");
    }
}
