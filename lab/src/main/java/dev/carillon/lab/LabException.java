package dev.carillon.lab;

/** Ends a run: its message is one line for the user, and says what to do next. */
public final class LabException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean misuse;

    private LabException(String message, boolean misuse) {
        super(message);
        this.misuse = misuse;
    }

    /** What was asked for was right, but could not be done. */
    public static LabException failed(String message) {
        return new LabException(message, false);
    }

    /** What was asked for was wrong. */
    public static LabException misused(String message) {
        return new LabException(message, true);
    }

    public boolean isMisuse() {
        return misuse;
    }
}
