package dev.carillon.broadcast;

import dev.carillon.base.CarillonException;
import dev.carillon.base.ErrorCode;
import dev.carillon.base.Text;
import dev.carillon.scope.Scope;

/** A client has no grant to broadcast to a scope. */
public final class NotGrantedException extends CarillonException {
    private static final long serialVersionUID = 1L;
    private static final int MAX_SHOWN = 100;

    private final transient Scope scope;

    NotGrantedException(Scope scope) {
        super(
                ErrorCode.NOT_GRANTED,
                "the token has no grant to broadcast to " + Text.printable(scope.text(), MAX_SHOWN));
        this.scope = scope;
    }

    public Scope scope() {
        return scope;
    }
}
