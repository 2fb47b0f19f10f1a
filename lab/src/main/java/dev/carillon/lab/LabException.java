package dev.carillon.lab;

/** Ends a run. The message is one line for the user that says what to do. */
public final class LabException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean misuse;

    private LabException(String message, boolean misuse) {
        super(message);
        this.misuse = misuse;
    }

    /** A valid request that failed. */
    public static LabException failed(String message) {
        return new LabException(message, false);
    }

    /** An invalid request. */
    public static LabException misused(String message) {
        return new LabException(message, true);
    }

    public boolean isMisuse() {
        return misuse;
    }
}
