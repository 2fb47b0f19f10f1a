package dev.carillon.spring;

/** The connection of this instance is too far behind the log for an emitter that resumes. */
final class BehindException extends Exception {
    private static final long serialVersionUID = 1L;

    BehindException(int most) {
        super("the connection to the cluster is behind by more than " + most + " events");
    }
}
