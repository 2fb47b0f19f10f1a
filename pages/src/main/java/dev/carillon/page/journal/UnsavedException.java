package dev.carillon.page.journal;

import dev.carillon.base.CarillonException;
import org.jspecify.annotations.Nullable;

/** An action has ended, but its effect could not be saved. The same action, sent again, does not run: its effect is saved, and its answer given. */
public final class UnsavedException extends CarillonException {
    private static final long serialVersionUID = 1L;

    private final transient @Nullable Throwable failure;

    /** @param failure of the action; null: it has succeeded */
    public UnsavedException(CarillonException unsaved, @Nullable Throwable failure) {
        super(unsaved.code(), String.valueOf(unsaved.getMessage()), unsaved);
        this.failure = failure;
    }

    /** Of the action; null: it has succeeded. */
    public @Nullable Throwable failure() {
        return failure;
    }
}
