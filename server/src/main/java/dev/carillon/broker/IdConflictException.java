package dev.carillon.broker;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;

/** The id was used for another event within {@link BrokerOptions#ID_WINDOW}. */
public final class IdConflictException extends CarillonException {
    private static final long serialVersionUID = 1L;

    public IdConflictException(String id) {
        super(ErrorCode.ID_CONFLICT, "id \"" + Text.printable(id, 100) + "\": was used for another event");
    }
}
